/** What Go's zero time is written as; it stands for "never", our 0. */
const ZERO_JSON = "0001-01-01T00:00:00Z";

const TIME =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})\d*)?(?: ?(?:Z|UTC)|([+-])(\d\d)(?::?(\d\d)(?::\d\d)?)?)?( BC)?$/;

/**
 * Write times as dex's columns hold them, in UTC, such as `2026-11-24 22:06:36.741169645+00:00`, the fraction without
 * trailing zeros. Texts of this form sort like the times they stand for.
 *
 * @param digits of a second that the column holds; what is finer is cut off.
 * @param zone what stands behind the time.
 * @returns makes a column from seconds since the epoch; 0 and less become Go's zero time.
 */
export function columnTime(digits: 3 | 6 | 9, zone: "+00:00" | ""): (time: number) => string {
  return (time) => {
    if (time <= 0) return `0001-01-01 00:00:00${zone}`;
    const iso = isoSeconds(time);
    const parts = fraction(time)
      .slice(0, digits + 1)
      .replace(/\.?0*$/, "");
    return `${iso.slice(0, 10)} ${iso.slice(11)}${parts}${zone}`;
  };
}

/** Write a time as it stands in dex's JSON (RFC 3339): `2026-11-23T22:30:50.698392557Z`. */
export function formatJsonTime(time: number): string {
  return time <= 0 ? ZERO_JSON : `${isoSeconds(time)}${fraction(time)}Z`;
}

/**
 * Read any of these forms, and how database servers print them; without a zone it is UTC.
 *
 * @returns seconds since the epoch; 0 for the zero time and anything before the epoch.
 * @throws {Error} when the text is no time.
 */
export function parseGoTime(text: string): number {
  const match = TIME.exec(text);
  if (match === null) throw new Error("a stored time cannot be read");
  const [
    ,
    year,
    month,
    day,
    hour,
    minute,
    second,
    fractionDigits = "",
    sign,
    offsetHours,
    offsetMinutes = "0",
    isBeforeChrist,
  ] = match;
  const milliseconds = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  );
  const offset =
    sign === undefined ? 0 : (Number(offsetHours) * 3600 + Number(offsetMinutes) * 60) * (sign === "-" ? -1 : 1);
  // Years before 100 would be read as 19xx by Date.UTC; all that is that old is the zero time, in whatever zone.
  if (Number(year) < 1970 || isBeforeChrist !== undefined) return 0;
  const seconds = milliseconds / 1000 - offset;
  // Put together as text, so that a number that was written comes back as exactly the same number.
  return seconds <= 0 ? 0 : Number(`${seconds}.${fractionDigits}`);
}

function isoSeconds(time: number): string {
  return new Date(Math.floor(time) * 1000).toISOString().slice(0, 19);
}

/** The shortest digits that give the same number again: at most nine for any time after 1973. */
function fraction(time: number): string {
  if (Number.isInteger(time)) return "";
  const text = time < 1e8 ? time.toFixed(9).replace(/0+$/, "") : String(time);
  const digits = text.slice(text.indexOf(".") + 1);
  return digits === "" ? "" : `.${digits}`;
}

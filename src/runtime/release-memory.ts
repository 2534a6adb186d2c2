/** How often to look whether the process has become idle. */
const PERIOD_MILLISECONDS = 2500;
/** CPU time in a period below which nobody is served, and a pause of a few milliseconds bothers nobody: 1 %. */
const IDLE_MICROSECONDS = 25_000;
/** Periods of idleness before anything is done. */
const IDLE_PERIODS = 2;
/** CPU time since the last release. What is released has to be compiled anew, about half a second: at most a twentieth. */
const WORTHWHILE_MICROSECONDS = 10_000_000;

/**
 * Give memory back when the process has become idle after work. The runtime holds on to garbage, compiled code and free
 * pages until it allocates again, so that after a busy moment an idle process would keep some 15 MB for nothing.
 *
 * @returns stop looking.
 */
export function releaseMemoryWhenIdle(): () => void {
  let last = cpuMicroseconds();
  let released = 0;
  let idlePeriods = 0;
  const timer = setInterval(() => {
    const now = cpuMicroseconds();
    idlePeriods = now - last < IDLE_MICROSECONDS ? idlePeriods + 1 : 0;
    last = now;
    if (idlePeriods < IDLE_PERIODS || now - released < WORTHWHILE_MICROSECONDS) return;
    Bun.gc(true);
    Bun.shrink();
    released = now;
  }, PERIOD_MILLISECONDS);
  timer.unref();
  return () => clearInterval(timer);
}

function cpuMicroseconds(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

import { html } from "./html.ts";
import type { Messages } from "./messages.ts";

/** German. */
export const messagesDe: Messages = {
  lang: "de",
  dir: "ltr",
  signIn: {
    title: "Anmelden",
    to: (application) => html`weiter zu ${application}`,
    choose: "Wie möchten Sie sich anmelden?",
    or: "oder",
    password: "Passwort",
    submit: "Anmelden",
    continueWith: (connector) => `Weiter mit ${connector}`,
    lastUsed: "Zuletzt benutzt",
    unreachable: "Zurzeit nicht erreichbar",
    none: "Noch ist keine Anmeldung eingerichtet. Fragen Sie, wer diesen Dienst betreibt.",
    back: "Anders anmelden",
    prompts: { "Email Address": "E-Mail-Adresse", Email: "E-Mail-Adresse", Username: "Benutzername" },
    problems: {
      "wrong-credentials": "Das passt nicht zusammen. Prüfen Sie beide Felder und versuchen Sie es noch einmal.",
      throttled: "Zu viele falsche Versuche. Warten Sie eine Minute und versuchen Sie es dann noch einmal.",
      unreachable:
        "Ihr Passwort konnte nicht geprüft werden, weil das Verzeichnis nicht antwortet. Versuchen Sie es gleich noch einmal.",
    },
  },
  approval: {
    title: (client) => `Darf ${client} Ihr Konto benutzen?`,
    signedInAs: (user) => html`Sie sind angemeldet als ${user}.`,
    asks: "Die Anwendung darf dann:",
    approve: "Erlauben",
    reject: "Nicht erlauben",
    hint: "Erlauben Sie das nur, wenn Sie die Anwendung kennen und gerade von dort kommen.",
    scopes: {
      openid: "Wissen, dass Sie es sind",
      profile: "Ihren Namen und Benutzernamen sehen",
      email: "Ihre E-Mail-Adresse sehen",
      groups: "Sehen, zu welchen Gruppen Sie gehören",
      offline_access: "Den Zugriff behalten, auch wenn Sie nicht da sind",
      "federated:id": "Sehen, wo Sie sich angemeldet haben und mit welcher Kennung",
    },
    actAt: (client) => `Bei ${client} in Ihrem Namen handeln`,
    otherScope: (scope) => `„${scope}“ benutzen`,
  },
  signedOut: {
    title: "Sie sind abgemeldet",
    what: "Sie können dieses Fenster schließen. Schließen Sie an einem gemeinsam benutzten Gerät auch den Browser.",
    signIn: "Wieder anmelden",
  },
  signOut: {
    title: "Abmelden?",
    signedInAs: (user) => html`Sie sind angemeldet als ${user}.`,
    what: "Um Ihre Anwendungen zu öffnen, müssen Sie sich danach neu anmelden.",
    submit: "Abmelden",
    stay: "Angemeldet bleiben",
  },
  error: {
    startAgain: "Neu beginnen",
    otherAccount: "Anderes Konto nehmen",
    back: "Zurück",
    tryAgain: "Noch einmal versuchen",
    retryAfter: (seconds) =>
      seconds === 1
        ? "In einer Sekunde können Sie es noch einmal versuchen."
        : `In ${seconds} Sekunden können Sie es noch einmal versuchen.`,
    requestId: "Anfragenummer",
    detail: "Einzelheiten",
    whatOnClientError:
      "Gehen Sie zurück und versuchen Sie es anders. Wenn Sie einem Link gefolgt sind, sagen Sie dem Bescheid, von dem er kam.",
    whatOnServerError:
      "Versuchen Sie es gleich noch einmal. Wenn es dabei bleibt, melden Sie die Anfragenummer, die unten steht.",
    status: (status) => `Fehler ${status}`,
    statuses: {
      400: "Diese Anfrage wurde nicht verstanden",
      401: "Sie müssen sich anmelden",
      403: "Sie haben keinen Zugang",
      404: "Hier ist nichts",
      405: "Das geht hier nicht",
      408: "Das hat zu lange gedauert",
      409: "Jemand anders war schneller",
      413: "Das ist zu groß",
      414: "Diese Adresse ist zu lang",
      415: "Diese Art von Inhalt wird nicht angenommen",
      429: "Zu viele Anfragen",
      431: "Es wurde zu viel mitgeschickt",
      500: "Da ist etwas schiefgegangen",
      501: "Das wird nicht unterstützt",
      502: "Die Anwendung hat nicht richtig geantwortet",
      503: "Zurzeit nicht verfügbar",
      504: "Die Anwendung hat zu lange gebraucht",
    },
    codes: {
      login_state_missing: {
        title: "Diese Anmeldung lässt sich nicht fortsetzen",
        why: "Sie wurde in einem anderen Browser begonnen, hat zu lange gedauert, oder Cookies sind gesperrt.",
        what: "Beginnen Sie hier neu und lassen Sie Cookies für diese Seite zu.",
      },
      login_state_mismatch: {
        title: "Diese Anmeldung lässt sich nicht fortsetzen",
        why: "Die Antwort gehört nicht zu der Anmeldung, die dieser Browser begonnen hat. Sie ist alt oder schon benutzt.",
        what: "Beginnen Sie neu. Wenn Sie über einen zugesandten Link gekommen sind, benutzen Sie ihn nicht noch einmal.",
      },
      login_upstream_error: {
        title: "Das Anmelden hat nicht geklappt",
        why: "Der Identitätsanbieter hat die Anmeldung mit einem Fehler beendet.",
        what: "Beginnen Sie neu oder melden Sie sich anders an.",
      },
      login_denied: {
        title: "Hier können Sie sich nicht anmelden",
        why: "Ihr Konto ist nicht zugelassen.",
        what: "Nehmen Sie ein anderes Konto oder bitten Sie den Betreiber dieses Dienstes um Zugang.",
      },
      login_expired: {
        title: "Diese Anmeldung ist beendet",
        why: "Sie hat zu lange gedauert oder ist schon abgeschlossen.",
        what: "Gehen Sie zurück zur Anwendung und melden Sie sich dort neu an.",
      },
      approval_rejected: {
        title: "Sie haben es nicht erlaubt",
        why: "Die Anwendung hat keinen Zugriff auf Ihr Konto bekommen.",
        what: "Sie können dieses Fenster schließen oder zurückgehen und sich anders entscheiden.",
      },
      unknown_client: {
        title: "Diese Anwendung ist hier nicht bekannt",
        why: "Sie hat unter einem Namen um eine Anmeldung gebeten, den niemand eingetragen hat.",
        what: "Sagen Sie den Betreibern der Anwendung Bescheid. Sie hat nichts bekommen.",
      },
      connector_unreachable: {
        title: "Der Identitätsanbieter antwortet nicht",
        why: "Der Dienst, der Ihr Konto kennt, ist nicht zu erreichen.",
        what: "Versuchen Sie es gleich noch einmal oder melden Sie sich anders an.",
      },
      connector_denied: {
        title: "Hier können Sie sich nicht anmelden",
        why: "Der Identitätsanbieter hat dieses Konto nicht zugelassen.",
        what: "Nehmen Sie ein anderes Konto oder bitten Sie Ihre Administration um Zugang.",
      },
      connector_revoked: {
        title: "Sie wurden abgemeldet",
        why: "Der Identitätsanbieter hat Ihren Zugang beendet.",
        what: "Melden Sie sich neu an. Wenn das nicht geht, fragen Sie Ihre Administration.",
      },
      connector_untrusted: {
        title: "Die Antwort des Identitätsanbieters wurde abgelehnt",
        why: "Sie ließ sich nicht prüfen. Niemand wurde angemeldet.",
        what: "Beginnen Sie neu. Wenn es dabei bleibt, melden Sie die Anfragenummer, die unten steht.",
      },
      connector_throttled: {
        title: "Zu viele Versuche",
        why: "In kurzer Zeit gab es zu viele falsche Passwörter.",
        what: "Warten Sie eine Minute und versuchen Sie es dann noch einmal.",
      },
      store_unreachable: {
        title: "Zurzeit nicht verfügbar",
        why: "Der Speicher der Sitzungen antwortet nicht. Sie sind nicht abgemeldet.",
        what: "Versuchen Sie es gleich noch einmal.",
      },
      forbidden: {
        title: "Sie haben keinen Zugang",
        why: "Das hier ist für Sie nicht offen.",
        what: "Wenn Sie Zugang haben sollten, fragen Sie Ihre Administration. Oder nehmen Sie ein anderes Konto.",
      },
      not_allowed: {
        title: "Sie haben keinen Zugang",
        why: "Sie sind angemeldet, aber das hier ist für Ihr Konto nicht offen.",
        what: "Wenn Sie Zugang haben sollten, fragen Sie Ihre Administration. Oder nehmen Sie ein anderes Konto.",
      },
      not_admitted: {
        title: "Sie haben keinen Zugang",
        why: "Sie sind angemeldet, aber Ihr Konto ist hier nicht zugelassen.",
        what: "Wenn Sie Zugang haben sollten, fragen Sie Ihre Administration. Oder nehmen Sie ein anderes Konto.",
      },
      ambiguous_path: {
        title: "Diese Adresse wurde abgelehnt",
        why: "Sie lässt sich auf mehr als eine Weise lesen.",
        what: "Prüfen Sie die Adresse oder gehen Sie zurück.",
      },
      foreign_origin: {
        title: "Diese Anfrage kam von einer anderen Seite",
        why: "Andere Seiten dürfen nicht in Ihrem Namen anfragen.",
        what: "Öffnen Sie die Anwendung selbst und versuchen Sie es dort noch einmal.",
      },
      not_found: {
        title: "Hier ist nichts",
        why: "Vielleicht ist die Adresse vertippt, oder was hier war, ist nicht mehr da.",
        what: "Prüfen Sie die Adresse oder gehen Sie zurück.",
      },
      no_app: {
        title: "Hier ist keine Anwendung",
        why: "Unter dieser Adresse ist keine Anwendung bekannt.",
        what: "Prüfen Sie die Adresse oder fragen Sie, wer diesen Dienst betreibt.",
      },
      bad_request: {
        title: "Diese Anfrage wurde nicht verstanden",
        why: "Etwas darin fehlt oder ist falsch geschrieben.",
        what: "Gehen Sie dahin zurück, woher Sie kamen, und beginnen Sie neu.",
      },
      upstream_unreachable: {
        title: "Die Anwendung antwortet nicht",
        why: "Sie sind durchgelassen, aber die Anwendung dahinter ist nicht zu erreichen.",
        what: "Versuchen Sie es gleich noch einmal. Wenn es dabei bleibt, sagen Sie dem Betreiber der Anwendung Bescheid.",
      },
      upstream_timeout: {
        title: "Die Anwendung hat zu lange gebraucht",
        why: "Sie sind durchgelassen, aber die Anwendung dahinter hat nicht rechtzeitig geantwortet.",
        what: "Versuchen Sie es gleich noch einmal. Was Sie gesendet haben, ist vielleicht schon angekommen.",
      },
      method_not_allowed: {
        title: "Das geht hier nicht",
        why: "Die Adresse gibt es, aber nicht für diese Art von Anfrage.",
        what: "Gehen Sie zurück und beginnen Sie neu.",
      },
      payload_too_large: {
        title: "Das ist zu groß",
        why: "Es wurde mehr gesendet, als hier angenommen wird.",
        what: "Senden Sie weniger auf einmal.",
      },
      internal: {
        title: "Da ist etwas schiefgegangen",
        why: "Das liegt an uns und ist aufgezeichnet.",
        what: "Versuchen Sie es gleich noch einmal. Wenn es dabei bleibt, melden Sie die Anfragenummer, die unten steht.",
      },
    },
  },
  hello: {
    title: (user) => `Hallo, ${user}`,
    stranger: "Hallo, wer auch immer",
    passed: "Sie sind durch das Tor gekommen. Das wurde der Anwendung über Sie gesagt.",
    nobody: "Der Anwendung wurde nicht gesagt, wer Sie sind.",
    user: "Benutzer",
    email: "E-Mail",
    groups: "Gruppen",
    request: "Anfrage",
    headers: "Kopfzeilen, wie sie ankamen",
    signOut: "Abmelden",
    app: "Beispielanwendung",
  },
};

import type { VerdictLabel } from "@offhook/session/vocabulary";

export interface PhraseRule {
  readonly name: string;
  readonly language: string;
  readonly label: VerdictLabel;
  readonly kind?: string;
  readonly confidence: number;
  /** Against text in lower case, without accents and punctuation. */
  readonly pattern: RegExp;
}

/** What machines say, in the words they say it with. Order does not matter; confidence does. */
export const PHRASES: readonly PhraseRule[] = [
  ...rules("en", [
    [
      "leave-a-message",
      "voicemail",
      0.95,
      /leave (a|your|us a|me a)?( short| brief)? ?(message|name)/,
    ],
    ["after-the-tone", "voicemail", 0.95, /(after|at) the (tone|beep)/],
    ["you-have-reached", "voicemail", 0.75, /you('ve| have) reached/],
    ["mailbox", "voicemail", 0.9, /(voice ?mail|mailbox|answering machine|voice message system)/],
    [
      "press-a-key",
      "ivr",
      0.92,
      /(for [\p{L} ]{3,40},? )?press (one|two|three|four|\d|star|pound)/u,
    ],
    ["main-menu", "ivr", 0.85, /(main menu|following options|your party's extension|menu options)/],
    [
      "screening",
      "screening",
      0.95,
      /(record your name|state your name|say your name|call screening|screening service|reason for (calling|your call))/,
    ],
    [
      "number-changed",
      "announcement",
      0.95,
      /number (you (have )?(dialed|reached|called) )?has (been )?changed/,
      "number_changed",
    ],
    [
      "not-in-service",
      "announcement",
      0.95,
      /(not in service|been disconnected|no longer in service|not a working number)/,
      "not_in_service",
    ],
    [
      "circuits-busy",
      "announcement",
      0.95,
      /(circuits are busy|network (is )?busy|cannot be completed at this time)/,
      "circuits_busy",
    ],
    [
      "unavailable",
      "announcement",
      0.75,
      /(temporarily unavailable|switched off|out of (the )?(coverage|service) area)/,
      "temporarily_unavailable",
    ],
    ["hello", "human", 0.6, /^\s*(hello|hi|yes|speaking|who is (this|calling))\b[\p{L}' ]{0,20}$/u],
  ]),
  ...rules("es", [
    [
      "leave-a-message",
      "voicemail",
      0.95,
      /(deje|deja|dejar)( su| tu| un)? (mensaje|recado|nombre)/,
    ],
    ["after-the-tone", "voicemail", 0.93, /despues (de la senal|del tono|de oir)/],
    ["mailbox", "voicemail", 0.9, /(buzon de voz|contestador)/],
    ["press-a-key", "ivr", 0.92, /(marque|pulse|presione|oprima) (el )?(uno|dos|tres|cero|\d)/],
    ["screening", "screening", 0.93, /(diga su nombre|motivo de (su|la) llamada)/],
    [
      "not-in-service",
      "announcement",
      0.95,
      /(numero [\p{L} ]{0,40}no (existe|esta en servicio)|no corresponde a ningun)/u,
      "not_in_service",
    ],
    [
      "unavailable",
      "announcement",
      0.8,
      /(apagado o fuera de cobertura)/,
      "temporarily_unavailable",
    ],
  ]),
  ...rules("fr", [
    ["leave-a-message", "voicemail", 0.95, /(laisse[rz]?)[\p{L}' -]{0,12} (message|nom)/u],
    ["after-the-tone", "voicemail", 0.93, /apres le (bip|signal|son)/],
    ["mailbox", "voicemail", 0.92, /(messagerie|repondeur|boite vocale)/],
    ["press-a-key", "ivr", 0.92, /(tapez|appuyez sur) (la touche )?(un|deux|trois|zero|etoile|\d)/],
    ["screening", "screening", 0.93, /(indiquer votre nom|raison de votre appel)/],
    [
      "not-in-service",
      "announcement",
      0.95,
      /(n'est pas attribue|n'est plus attribue|n'est pas en service)/,
      "not_in_service",
    ],
  ]),
  ...rules("de", [
    [
      "leave-a-message",
      "voicemail",
      0.95,
      /(hinterlassen sie|nachricht nach dem|sprechen sie nach)/,
    ],
    ["after-the-tone", "voicemail", 0.93, /nach dem (signal)?ton/],
    ["mailbox", "voicemail", 0.93, /(anrufbeantworter|mailbox|sprachbox)/],
    ["press-a-key", "ivr", 0.92, /(drucken|wahlen) sie (bitte )?die (eins|zwei|drei|null|\d)/],
    ["screening", "screening", 0.93, /(nennen sie (bitte )?ihren namen|grund ihres anrufs)/],
    [
      "not-in-service",
      "announcement",
      0.95,
      /(nicht vergeben|kein anschluss unter)/,
      "not_in_service",
    ],
    [
      "unavailable",
      "announcement",
      0.75,
      /(zur zeit|vorubergehend) nicht erreichbar/,
      "temporarily_unavailable",
    ],
  ]),
  ...rules("it", [
    [
      "leave-a-message",
      "voicemail",
      0.95,
      /(lasci|lascia|lasciate|lasciare)( un| il tuo| il suo)? messaggio/,
    ],
    ["after-the-tone", "voicemail", 0.93, /dopo il (segnale|bip|tono)/],
    ["mailbox", "voicemail", 0.92, /segreteria telefonica/],
    ["press-a-key", "ivr", 0.92, /(prema|digiti|premere|digitare) (uno|due|tre|zero|\d)/],
    [
      "not-in-service",
      "announcement",
      0.95,
      /(numero [\p{L} ]{0,30}inesistente|non e attivo)/u,
      "not_in_service",
    ],
  ]),
  ...rules("pt", [
    ["leave-a-message", "voicemail", 0.95, /deixe (o seu |a sua |um |uma )?(recado|mensagem)/],
    ["after-the-tone", "voicemail", 0.93, /apos o (sinal|bip)/],
    ["mailbox", "voicemail", 0.92, /caixa postal/],
    ["press-a-key", "ivr", 0.92, /(digite|tecle|pressione) (um|dois|tres|nove|zero|\d)/],
    [
      "not-in-service",
      "announcement",
      0.95,
      /(numero [\p{L} ]{0,30}nao existe)/u,
      "not_in_service",
    ],
  ]),
];

function rules(
  language: string,
  rows: readonly (readonly [
    name: string,
    label: VerdictLabel,
    confidence: number,
    pattern: RegExp,
    kind?: string,
  ])[],
): PhraseRule[] {
  return rows.map(([name, label, confidence, pattern, kind]) => ({
    name,
    language,
    label,
    confidence,
    pattern,
    ...(kind === undefined ? {} : { kind }),
  }));
}

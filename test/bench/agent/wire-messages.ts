/** What the callees report. Times are `performance.timeOrigin + performance.now()`. */
export type WireReport =
  | { readonly type: "ready"; readonly uri: string }
  | {
      readonly type: "speech_begin" | "speech_end" | "agent_loud" | "agent_quiet";
      readonly call: number;
      readonly atMs: number;
    }
  | {
      readonly type: "gaps";
      /** Between two packets of one call. */
      readonly longestMs: number;
      /** For which this process itself did not run, and could not have seen a packet. */
      readonly stallMs: number;
    };

/** What they are told. */
export type WireCommand =
  /** Speak in turns, or only listen. Begins a new measurement of gaps. */
  | { readonly type: "talk"; readonly on: boolean }
  | { readonly type: "gaps" }
  | { readonly type: "close" };

// Signals: by default they end the program with the usual exit code; a command may do something better first.

export type Signal = "SIGINT" | "SIGTERM";
export type SignalHandler = (signal: Signal) => void;

export interface Signals {
  /** Hands signals to this handler until the returned function is called; the latest handler gets them. */
  handle(handler: SignalHandler): () => void;
  close(): void;
}

/** The exit code that shells use for an end by this signal. */
export const signalExit: { readonly [signal in Signal]: number } = { SIGINT: 130, SIGTERM: 143 };

/** Starts to listen; `close` gives the signals back to the system. */
export function openSignals(): Signals {
  const handlers: SignalHandler[] = [];
  const names: Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  const listeners = names.map((signal) => {
    const listener = () => {
      const handler = handlers.at(-1);
      if (handler === undefined) Deno.exit(signalExit[signal]);
      handler(signal);
    };
    Deno.addSignalListener(signal, listener);
    return () => Deno.removeSignalListener(signal, listener);
  });

  return {
    handle(handler) {
      handlers.push(handler);
      return () => {
        const place = handlers.indexOf(handler);
        if (place >= 0) handlers.splice(place, 1);
      };
    },
    close: () => listeners.forEach((remove) => remove()),
  };
}

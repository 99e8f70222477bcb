// One turn of the event loop: loading code takes the thread, and whoever has come to the port meanwhile is answered first.

export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

// First import of every entry point. In a bundle our dependencies live outside node_modules, so older Deno hands them
// the web setTimeout (it returns a number); npm code expects Node's (an object with unref()).
import * as timers from "node:timers";

Object.assign(globalThis, {
  setTimeout: timers.setTimeout,
  clearTimeout: timers.clearTimeout,
  setInterval: timers.setInterval,
  clearInterval: timers.clearInterval,
  setImmediate: timers.setImmediate,
  clearImmediate: timers.clearImmediate,
});

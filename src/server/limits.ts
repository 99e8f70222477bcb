// Every maximum of the doors in one place, so that a document can list them and a test can lower them.

const kibi = 1024;
const mebi = 1024 * kibi;

export const defaultLimits = {
  /** A request body, whether or not its length is announced. */
  bodyBytesMax: mebi,
  /** The same for a message with pictures. */
  uploadBytesMax: 32 * mebi,
  bodyReadMs: 30_000,
  jsonDepthMax: 64,
  paramCharsMax: 256,

  /** Wrong tokens within the window after which further wrong ones get 429. */
  authFailuresMax: 10,
  authWindowMs: 60_000,

  /** WebSockets and event streams together. */
  followersMax: 64,
  clientFrameBytesMax: mebi,
  commandsInFlightMax: 100,
  frameErrorsMax: 10,

  /** Bytes waiting in one socket: above the first no deltas are sent, above the second nothing is. */
  deltaBufferBytesMax: 1_000_000,
  pushBufferBytesMax: 4_000_000,
  bufferPollMs: 50,
  /** A full socket that takes nothing for this long is closed with 4008. */
  stallMs: 30_000,

  /** Live facts kept for one follower; beyond it the follower reads the log. */
  feedItemsMax: 256,
  feedCharsMax: 500_000,
  /** Facts of one read of the log grow and shrink between these, aiming at `readCharsAim`. */
  readFactsMin: 1,
  readFactsMax: 64,
  readCharsAim: 250_000,
  /** Delta text held back for one client while it is behind; beyond it the text comes with the final fact. */
  heldTextCharsMax: 500_000,
  deltaStreamsMax: 64,

  pageFactsDefault: 100,
  pageFactsMax: 1_000,
  /** A page of events ends early here; `head` tells that there is more. */
  pageCharsMax: 8_000_000,
  sessionsDefault: 50,
  sessionsMax: 500,

  heartbeatMs: 15_000,
  /** The longest that a request waits for a turn or a tool call. */
  waitMs: 3_600_000,
  waitsMax: 1_000,
  stopGraceMs: 2_000,
  probeMs: 1_000,
};

export type ServerLimits = typeof defaultLimits;

// What tests need of the wire's schemas, in one import.
export { type ServerFrame, serverFrame } from "../../src/protocol/frames.ts";
export { type EventEnvelope } from "../../src/protocol/facts.ts";

import { openMemoryLog } from "../../src/log/memory_log.ts";
import { logConformance } from "./conformance.ts";

logConformance("memory log", () => Promise.resolve(openMemoryLog()));

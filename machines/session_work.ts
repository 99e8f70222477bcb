// What the agents of a session have at hand beside their conversations: todos, tasks, files, background tasks.
// Folds of the log, like everything else: there are no files of their own.
import type { Fact, FactData } from "../src/protocol/facts.ts";
import type { JsonValue } from "../src/protocol/json.ts";
import type { Task, TodoItem } from "../src/protocol/work_facts.ts";
import { foldTasks } from "./tasks.ts";
import { foldTodos } from "./todos.ts";

export interface BackgroundRecord {
  backgroundId: string;
  actor: string;
  command: string;
  evidence: JsonValue;
  startedSeq: number;
  ended: FactData<"background.ended"> | null;
}

export interface SessionWork {
  apply(fact: Fact): void;
  todos(): readonly TodoItem[];
  tasks(): readonly Task[];
  /** The hash of a file as the agent last knew it whole. */
  seen(actor: string, path: string): string | undefined;
  changes(): readonly FactData<"file.changed">[];
  backgrounds(): readonly BackgroundRecord[];
}

export function createSessionWork(): SessionWork {
  let todos: readonly TodoItem[] = [];
  let tasks: readonly Task[] = [];
  const changes: FactData<"file.changed">[] = [];
  const seen = new Map<string, string>();
  const backgrounds = new Map<string, BackgroundRecord>();
  return {
    apply: (fact) => {
      todos = foldTodos(todos, fact);
      tasks = foldTasks(tasks, fact);
      switch (fact.type) {
        case "call.finished":
          for (const { path, sha256 } of fact.data.files ?? []) seen.set(`${fact.actor}\n${path}`, sha256);
          return;
        case "file.changed":
          return void changes.push(fact.data);
        case "background.started":
          return void backgrounds.set(fact.data.background_id, started(fact.data, fact));
        case "background.ended": {
          const task = backgrounds.get(fact.data.background_id);
          if (task !== undefined) task.ended = fact.data;
        }
      }
    },
    todos: () => todos,
    tasks: () => tasks,
    seen: (actor, path) => seen.get(`${actor}\n${path}`),
    changes: () => changes,
    backgrounds: () => [...backgrounds.values()],
  };
}

function started(data: FactData<"background.started">, fact: Fact): BackgroundRecord {
  const { background_id: backgroundId, command, evidence } = data;
  return { backgroundId, actor: fact.actor, command, evidence, startedSeq: fact.seq, ended: null };
}

// What a run was measured on, in a few lines: without it no figure means anything.
export function describeMachine(): string[] {
  const [one, five] = Deno.loadavg();
  const cores = navigator.hardwareConcurrency;
  const memory = Math.round(Deno.systemMemoryInfo().total / 2 ** 30);
  const busy = one === undefined || one < cores / 2
    ? ""
    : "; the machine is busy, so trust the ratios and not the figures";
  return [
    `${Deno.build.os} ${Deno.build.arch}, ${cores} cores, ${memory} GiB, Deno ${Deno.version.deno}`,
    `load average ${one?.toFixed(2)} (1 min), ${five?.toFixed(2)} (5 min)${busy}`,
  ];
}

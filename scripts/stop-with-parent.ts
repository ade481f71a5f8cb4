// Loaded into the server that dev.ts starts. Where dev.ts is gone, even by SIGKILL, their channel closes: the server
// then stops as it does on SIGTERM, which leaves its environments running, instead of holding its port for ever.

const stop = (): void => {
  process.kill(process.pid, 'SIGTERM');
};

process.once('disconnect', stop);
// Only while something else keeps the process alive: the channel must not prevent a normal end.
process.channel?.unref();

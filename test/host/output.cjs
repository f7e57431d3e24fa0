/**
 * Runs inside code-server's extension host, before the tests: the workbench mangles what is written
 * to the console, so everything goes to a file instead, which `code.ts` prints as it grows.
 */
const { openSync, writeSync } = require("node:fs");
const { Writable } = require("node:stream");
const { format } = require("node:util");

const file = openSync(process.env.OFFSITE_TEST_OUTPUT, "a");
let open = true;

// The host's own wrappers ignore plain assignment.
const replace = (object, name, value) =>
  Object.defineProperty(object, name, { value, writable: true, configurable: true });

for (const name of ["log", "info", "warn", "error", "debug"]) {
  replace(console, name, (...parts) => write(`${format(...parts)}\n`));
}
for (const name of ["stdout", "stderr"]) {
  const stream = new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      write(chunk);
      done();
    },
  });
  replace(process, name, stream);
}

exports.run = async () => {
  try {
    await require(process.env.OFFSITE_TESTS).run();
  } catch (error) {
    write(`${format(error)}\n`);
    throw error;
  } finally {
    // The host says a lot while it closes.
    open = false;
  }
};

function write(chunk) {
  if (open) writeSync(file, chunk);
}

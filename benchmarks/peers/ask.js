// Answer questions of inclusion with a peer that is a Node library: one line of JSON in, one line out.
// Run: node ask.js FOLDER json-schema-diff|is-json-schema-subset     (by `contracts.py`; FOLDER has node_modules)
const path = require('path');
const readline = require('readline');
const [folder, name] = process.argv.slice(2);
const peer = require(path.join(folder, 'node_modules', name));
const asks = {
  'json-schema-diff': async (a, b) => !(await peer.diffSchemas({sourceSchema: a, destinationSchema: b})).removalsFound,
  'is-json-schema-subset': async (a, b) => (peer.default || peer)(a, b),
}[name];

(async () => {
  for await (const line of readline.createInterface({input: process.stdin})) {
    const {a, b} = JSON.parse(line);
    const [begun, used] = [process.hrtime.bigint(), process.cpuUsage()];
    let says;
    try {
      says = Boolean(await asks(a, b));
    } catch (error) {
      says = `error ${error.name}: ${error.message}`.slice(0, 200);
    }
    const passed = Number(process.hrtime.bigint() - begun) / 1e9;
    const {user, system} = process.cpuUsage(used);
    const seconds = Math.min(passed, (user + system) / 1e6); // threads of the compiler are not held against it
    process.stdout.write(JSON.stringify({says, seconds}) + '\n');
  }
})();

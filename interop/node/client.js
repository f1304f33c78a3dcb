// Calls Curlew's server: client.js ADDRESS [CA]. Tells case by case what fails; the
// exit code is then 1.
'use strict';

const fs = require('node:fs');
const grpc = require('@grpc/grpc-js');
const protos = require('./protos');

const [address, ca] = process.argv.slice(2);
const creds = ca ? grpc.credentials.createSsl(fs.readFileSync(ca)) : grpc.credentials.createInsecure();
const connect = (Service, options = {}) => new Service(address, creds, { ...protos.options, ...options });

async function main() {
  let failed = false;
  for (const [name, run] of Object.entries({ ...require('./standard')(connect), ...require('./peer')(connect) })) {
    const start = performance.now();
    try {
      await run();
    } catch (err) {
      failed = true;
      console.log(`FAIL ${name}: ${err.stack}`);
      continue;
    }
    console.log(`ok   ${name} (${Math.round(performance.now() - start)}ms)`);
  }
  process.exit(failed ? 1 : 0);
}

main();

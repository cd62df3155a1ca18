#!/usr/bin/env node
// `npx pulumi`: the CLI that set-up has put into .pulumi/, with this clone's environment (scripts/pulumi/environment.ts).
require("tsx/cjs");
const { runPulumi } = require("./environment.ts");

runPulumi(process.argv.slice(2));

#!/usr/bin/env node
// `npx pulumi`: the CLI that set-up has put into .pulumi/, with this clone's environment (see environment.ts).
require("tsx/cjs");
const { runScript } = require("../script.ts");
const { runPulumi } = require("./cli.ts");

runScript(runPulumi);

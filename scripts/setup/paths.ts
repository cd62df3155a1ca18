import path from "node:path";

/** The clone's top folder. */
export const projectDir = path.resolve(__dirname, "../..");

/** The ignored folder with all that set-up and Pulumi make: CLI and plugins, state, passphrase, build contexts. */
export const pulumiDir = path.join(projectDir, ".pulumi");

/** PULUMI_HOME of this clone: a person's own ~/.pulumi, with their login, is not touched. */
export const pulumiHome = path.join(pulumiDir, "home");

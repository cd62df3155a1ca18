import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import path from "node:path";
import execa from "execa";
import { dockerHost } from "../../host/dockerHost";
import { Lab } from "../lab/lab";
import { relay } from "../lab/line";
import type { Pi } from "../lab/pi";
import { runningPid } from "../lab/process";
import { waitFor } from "../lab/wait";
import { asteriskConfig, giveBuilder } from "./builder";
import { connections, marked, since, timed } from "./connections";
import { running } from "./data";
import { Site } from "./site";
import { sitePis } from "./siteOnLab";

const name = "reach";

describe("The way to a Raspberry Pi", () => {
  let lab: Lab;
  let pi: Pi;
  let jump: Pi;
  let site: Site;
  /** What `ssh` needs to reach pi1 as the stack does. */
  let ssh: string[];

  /** What the configuration says of pi1 unless a test says otherwise. */
  let config: { host: string; hostKey: string; identityFile?: string };
  const configure = async (pi1: typeof config) =>
    site.configure({ asterisk: await asteriskConfig(), pis: { pi1 } });

  before(async function () {
    this.timeout("45m");
    await Lab.down({ name });
    lab = await Lab.up(2, { name });
    pi = lab.pi("pi1");
    jump = lab.pi("pi2");
    const { pi1 } = sitePis(lab);
    if (pi1 === undefined) throw new Error("expected the lab to have pi1");
    config = pi1;
    site = await Site.make(name, { asterisk: await asteriskConfig(), pis: { pi1 } });
    ssh = dockerHost(name, "pi1", config).ssh ?? [];
    await giveBuilder(...lab.pis);
  });

  after(async function () {
    this.timeout("2m");
    await endConnection();
    site?.remove();
    await Lab.down({ name });
  });

  /** Ends the connection that the run before left open for the next. */
  const endConnection = () => execa("ssh", ["-O", "exit", ...ssh], { reject: false });

  it("is one connection, or two, for a whole up that builds", async function () {
    this.timeout("10m");
    const mark = marked(pi);
    await timed("up", site.up());
    const made = connections(since(pi, mark));
    assert.ok(made >= 1 && made <= 2);
  });

  it("is one connection for an up that has nothing to do", async function () {
    this.timeout("2m");
    await endConnection();
    const mark = marked(pi);
    assert.deepEqual((await timed("up", site.up())).changes, {});
    assert.equal(connections(since(pi, mark)), 1);
  });

  it("is one connection for an up that begins with a refresh", async function () {
    this.timeout("2m");
    await endConnection();
    const mark = marked(pi);
    assert.deepEqual((await timed("up --refresh", site.up({ refresh: true }))).changes, {});
    // The program asks for the facts before it registers what is to be read (PULUMI_RUN_PROGRAM): otherwise each resource
    // would race to make the connection, and beyond ten at a time (MaxStartups) sshd hangs up on some at random.
    assert.equal(connections(since(pi, mark)), 1);
  });

  it("is found dead at once when the cable was pulled after the run before, and made anew when it is back", async function () {
    this.timeout("5m");
    await site.preview();
    const { stderr } = await execa("ssh", ["-O", "check", ...ssh]);
    const master = path.join(site.folder, "master");
    writeFileSync(master, readFileSync(`/proc/${/pid=(\d+)/.exec(stderr)?.[1]}/stat`));
    await pi.cut();
    try {
      const fault = await timed("preview", site.faultOf(site.preview()));
      assert.match(
        fault,
        /^Nothing was changed:\n {2}pi1: \S+ cannot be asked: is it switched on.*(No route|timed out)/,
      );
      assert.ok(runningPid(master), "the connection of the run before has not noticed yet");
    } finally {
      await pi.restore();
    }
    assert.deepEqual((await timed("preview", site.preview())).changes, {});
    // When the kernel sends again what waited for the cable, or when ssh has asked four times whether the Pi is there.
    await waitFor("the connection of the run before to end", 75, () => runningPid(master) === undefined);
  });

  it("is made anew for a user who was let into the group docker, as the message about it says", async function () {
    this.timeout("2m");
    await pi.exec("gpasswd", "--delete", "pi", "docker");
    await endConnection();
    try {
      assert.match(
        await site.faultOf(site.preview()),
        /pi1: the user may not use .* sudo usermod -aG docker/,
      );
    } finally {
      await pi.exec("usermod", "--append", "--groups", "docker", "pi");
    }
    assert.deepEqual((await site.preview()).changes, {});
  });

  it("ends before anything is sent where another host key answers, also while a connection is open", async function () {
    this.timeout("2m");
    await site.preview();
    const mark = marked(pi);
    await configure({ ...config, hostKey: jump.hostKey });
    const fault = await site.faultOf(site.preview());
    await configure(config);
    assert.match(
      fault,
      /pi1: .*its host key is not the hostKey of the configuration.*cat \/etc\/ssh\/ssh_host_/,
    );
    assert.match(since(pi, mark), /^Connection from /m);
    assert.doesNotMatch(since(pi, mark), /publickey|Starting session/);
  });

  describe("with what the operator's ~/.ssh and agent have", () => {
    /** Takes the place of ~/.ssh, for Pulumi and all that it starts. */
    let folder: string;
    const keyFile = "key of pi1";

    beforeEach(() => {
      folder = mkdtempSync(path.join(tmpdir(), "reach-"));
    });

    afterEach(() => rmSync(folder, { recursive: true }));

    const giveKey = () => copyFileSync(pi.identityFile, path.join(folder, keyFile));

    /**
     * Runs Pulumi in a mount namespace with the folder in place of ~/.ssh, which ssh finds through /etc/passwd and not by
     * $HOME. In the end, it ends the connections that have their socket there.
     */
    async function pulumi(env: NodeJS.ProcessEnv, ...args: string[]): Promise<string> {
      const script = `mount --bind "$1" "$2" || exit; ssh=$2; shift 2; "$@"; code=$?
        for socket in "$ssh"/asterisk-rpi5-*; do ssh -S "$socket" -O exit any 2>/dev/null; done; exit $code`;
      const { SSH_AUTH_SOCK, ...environment } = site.environment;
      const command = ["pulumi", ...args, "--stack", name, "--yes", "--skip-preview", "--non-interactive"];
      const home = path.join(userInfo().homedir, ".ssh");
      const { all } = await execa(
        "unshare",
        ["--mount", "sh", "-c", script, "sh", folder, home, ...command],
        {
          cwd: site.folder,
          env: { ...environment, ...env },
          extendEnv: false,
          all: true,
        },
      );
      return all ?? "";
    }

    /** The Pi is reached for its facts, by the verification, and by the provider, which `refresh` has read everything. */
    async function assertReached(pi1: typeof config, env: NodeJS.ProcessEnv = {}): Promise<void> {
      const before = await running(pi);
      await configure(pi1);
      const mark = marked(pi);
      await pulumi(env, "up");
      assert.match(await pulumi(env, "refresh"), /\nResources:\n +\d+ unchanged\n/);
      assert.equal(await running(pi), before);
      assert.ok(connections(since(pi, mark)) >= 2);
    }

    /** An agent of our own, with these keys in it. */
    async function withAgent(keys: string[], use: (env: NodeJS.ProcessEnv) => Promise<void>): Promise<void> {
      const env = { SSH_AUTH_SOCK: path.join(folder, "agent") };
      const agent = execa("ssh-agent", ["-D", "-a", env.SSH_AUTH_SOCK]);
      try {
        await waitFor("ssh-agent", 10, () => existsSync(env.SSH_AUTH_SOCK));
        for (const key of keys) await execa("ssh-add", ["-q", key], { env });
        await use(env);
      } finally {
        agent.kill();
        await agent.catch(() => undefined);
      }
    }

    it("takes a key file by a path with a tilde and spaces in it, and another port", async function () {
      this.timeout("3m");
      giveKey();
      const line = await relay(pi.address, 0);
      try {
        await assertReached({ ...config, host: line.host, identityFile: `~/.ssh/${keyFile}` });
        assert.ok(line.bytes().down > 0);
      } finally {
        await line.close();
      }
    });

    it("takes a key that only the agent has", async function () {
      this.timeout("3m");
      const { host, hostKey } = config;
      await withAgent([pi.identityFile], (env) => assertReached({ host, hostKey }, env));
    });

    it("takes the key file before an agent that is full of others, of which sshd takes six", async function () {
      this.timeout("3m");
      giveKey();
      const others = Array.from({ length: 7 }, (_, index) => path.join(folder, `other${index}`));
      for (const file of others) await execa("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file]);
      await withAgent(others, (env) => assertReached({ ...config, identityFile: `~/.ssh/${keyFile}` }, env));
    });

    it("takes an alias with a jump host from ~/.ssh/config, and says which of both does not answer", async function () {
      this.timeout("5m");
      giveKey();
      const key = `IdentityFile "~/.ssh/${keyFile}"`;
      writeFileSync(path.join(folder, "known_hosts"), `${jump.address} ${jump.hostKey}\n`);
      writeFileSync(
        path.join(folder, "config"),
        `Host office\n HostName ${pi.address}\n ProxyJump pi@${jump.address}\n ${key}\nHost ${jump.address}\n ${key}\n`,
      );
      const mark = marked(pi);
      await assertReached({ host: "ssh://pi@office", hostKey: config.hostKey });
      assert.match(since(pi, mark), new RegExp(`Accepted publickey for pi from ${jump.address} `));
      await jump.cut();
      try {
        await assert.rejects(
          timed("up", pulumi({}, "up")),
          /pi1: ssh:\/\/pi@office cannot be asked: is it switched on.*(No route|timed out)/,
        );
      } finally {
        await jump.restore();
      }
    });
  });
});

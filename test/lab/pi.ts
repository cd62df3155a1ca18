import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { mkdir, open, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import net from "node:net";
import path from "node:path";
import execa from "execa";
import { SetupError } from "../../scripts/setup/step";
import { removeCgroups } from "./cgroups";
import { addressOf, gatewayOf, type Lan, linkExists, macOf } from "./network";
import { diskDirOf, runDirOf } from "./paths";
import { runningPid } from "./process";
import { systemPath } from "./requirements";
import { type Engine, sidFlags, sidRoot } from "./sid";
import { waitFor } from "./wait";

/** The cgroups of one Pi's containers, below each of the machine's hierarchies. */
const cgroupOf = (lab: string, pi: string): string => `/asterisk-rpi5-lab-${lab}-${pi}`;

/** One Raspberry Pi of the lab, as far as Docker and SSH can tell; see docs/lab.md. */
export class Pi {
  /** pi1, pi2, ... */
  readonly name: string;
  readonly address: string;
  /** What goes into `pis.<name>.host`. */
  readonly host: string;
  /** Private key that user pi's authorized_keys allows: one for all Pis of a lab. */
  readonly identityFile: string;
  /** Path of the Engine's socket on the operator's side. */
  readonly socket: string;
  /** sshd writes "Accepted publickey" here for each connection. */
  readonly sshdLog: string;
  readonly dockerdLog: string;
  /** The Pi's end of the cable is its eth0; this is the other one, in the lab's bridge. */
  readonly port: string;
  private readonly runDir: string;
  private readonly diskDir: string;

  constructor(
    private readonly lab: string,
    private readonly lan: Lan,
    index: number,
    private readonly engine: Engine,
  ) {
    this.name = `pi${index + 1}`;
    this.address = addressOf(lan, index);
    this.host = `ssh://pi@${this.address}`;
    this.runDir = path.join(runDirOf(lab), this.name);
    this.diskDir = path.join(diskDirOf(lab), this.name);
    this.identityFile = path.join(diskDirOf(lab), "id_ed25519");
    this.socket = path.join(this.runDir, "docker.sock");
    this.sshdLog = path.join(this.diskDir, "sshd.log");
    this.dockerdLog = path.join(this.diskDir, "dockerd.log");
    this.port = `${lab}-${this.name}`;
  }

  /** The line for `pis.<name>.hostKey`. */
  get hostKey(): string {
    const [type, key] = readFileSync(path.join(this.diskDir, "ssh_host_ed25519_key.pub"), "utf8").split(" ");
    return `${type} ${key}`;
  }

  /** The Pi's init as the operator sees it; undefined while the power is off. */
  get pid(): number | undefined {
    return runningPid(path.join(this.runDir, "init"));
  }

  /** Its network namespace, e.g. for `nsenter --net=`. */
  get netns(): string {
    return `/proc/${this.poweredPid()}/ns/net`;
  }

  get connected(): boolean {
    return (
      linkExists(this.port) && readFileSync(`/sys/class/net/${this.port}/operstate`, "utf8").trim() === "up"
    );
  }

  /** Makes the disk of a Pi that has never been switched on: keys, sshd's configuration, its part of /etc. */
  async install(): Promise<void> {
    const disk = (file: string): string => path.join(this.diskDir, file);
    await mkdir(disk("etc"), { recursive: true });
    await mkdir(disk("etc.work"));
    await execa("ssh-keygen", [
      "-q",
      "-t",
      "ed25519",
      "-N",
      "",
      "-C",
      this.name,
      "-f",
      disk("ssh_host_ed25519_key"),
    ]);
    await writeFile(disk("authorized_keys"), readFileSync(`${this.identityFile}.pub`));
    const sshd = [
      "HostKey /run/disk/ssh_host_ed25519_key",
      "AuthorizedKeysFile /run/disk/authorized_keys",
      "AllowUsers pi",
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
      "UsePAM no",
      "LogLevel VERBOSE",
      // The Pi's own socket even where the machine's sshd, Docker or shell would say otherwise.
      "SetEnv DOCKER_HOST=unix:///run/docker.sock",
    ];
    await writeFile(disk("sshd_config"), `${sshd.join("\n")}\n`);
    await writeFile(disk("etc/hostname"), `${this.name}\n`);
    await writeFile(disk("etc/hosts"), `127.0.0.1 localhost\n::1 localhost\n127.0.1.1 ${this.name}\n`);
    await writeFile(
      disk("etc/resolv.conf"),
      this.lan.resolvers.map((server) => `nameserver ${server}\n`).join(""),
    );
  }

  /** Boots the Pi with its cable plugged in, and waits until Docker and sshd answer. */
  async powerOn(): Promise<void> {
    if (this.pid !== undefined) {
      return;
    }
    // What is in /run does not survive a power cut.
    await rm(this.runDir, { recursive: true, force: true });
    await mkdir(this.runDir, { recursive: true });
    this.startInit();
    await waitFor(`${this.name}'s init (log: ${this.bootLog})`, 10, () => this.pid !== undefined);
    await this.plugIn();
    await this.waitUntilUp();
  }

  /** As by pulling the plug: nobody is told, on the Pi or on the network. */
  async powerOff(): Promise<void> {
    if (linkExists(this.port)) {
      // First the cable: otherwise the kernel would say good-bye to each TCP peer for the processes that are killed.
      await execa("ip", ["link", "set", this.port, "down"]);
    }
    const pid = this.pid;
    if (pid !== undefined) {
      // The init of a pid namespace: the kernel kills everything in it, and then its other namespaces go as well.
      process.kill(pid, "SIGKILL");
      await waitFor(`${this.name} (pid ${pid}) to end`, 30, () => this.pid === undefined);
    }
    if (linkExists(this.port)) {
      // The kernel takes the link away some time after the namespace: we may be late, hence no reject.
      await execa("ip", ["link", "delete", this.port], { reject: false });
    }
    await waitFor(`link ${this.port} to go`, 10, () => !linkExists(this.port));
  }

  /** Pulls the cable out of the switch: packets are lost, and nobody is told. */
  async cut(): Promise<void> {
    await this.setPort("down");
  }

  async restore(): Promise<void> {
    await this.setPort("up");
  }

  /** Runs a command on the Pi as root: all its namespaces, the programs and files that it has. */
  async exec(command: string, ...args: string[]): Promise<string> {
    return (await execa("nsenter", [...this.namespaces(), command, ...args], { stdin: "ignore" })).stdout;
  }

  /** Runs a Docker CLI against this Pi's Engine. */
  async docker(...args: string[]): Promise<string> {
    return (await execa(...this.cli(...args), { stdin: "ignore" })).stdout;
  }

  /** Loads images from the output of `docker save`: a file, or a running `docker save`. */
  async loadImage(from: string | execa.ExecaChildProcess): Promise<void> {
    const load = this.cli("load", "--quiet");
    if (typeof from === "string") {
      const file = await open(from);
      await execa(...load, { stdin: file.fd }).finally(() => file.close());
    } else if (from.stdout) {
      await Promise.all([from, execa(...load, { input: from.stdout })]);
    }
  }

  /** Runs a command on the Pi as user pi, by the system's ssh with the host key pinned, a new connection each time. */
  async ssh(command: string, options: { hostKey?: string } = {}): Promise<string> {
    const ssh = [
      ...["BatchMode=yes", "ConnectTimeout=5", "IdentitiesOnly=yes", `IdentityFile=${this.identityFile}`],
      ...["StrictHostKeyChecking=yes", "UserKnownHostsFile=/dev/null", "GlobalKnownHostsFile=/dev/null"],
      `KnownHostsCommand=/bin/echo %H ${options.hostKey ?? this.hostKey}`,
    ].flatMap((option) => ["-o", option]);
    return (await execa("ssh", ["-F", "none", ...ssh, `pi@${this.address}`, command], { stdin: "ignore" }))
      .stdout;
  }

  /** Takes away what neither power-off nor the kernel does: sockets, disk, and the containers' empty cgroups. */
  async remove(): Promise<void> {
    await this.powerOff();
    await removeCgroups(cgroupOf(this.lab, this.name));
    await rm(this.runDir, { recursive: true, force: true });
    await rm(this.diskDir, { recursive: true, force: true });
  }

  /** The machine's CLI through the socket, or, where the machine's is too old for the Engine, the one beside it. */
  private cli(...args: string[]): [command: string, args: string[]] {
    return this.engine === "machine"
      ? ["docker", ["--host", `unix://${this.socket}`, ...args]]
      : ["nsenter", [...this.namespaces(), "docker", "--host", "unix:///run/docker.sock", ...args]];
  }

  /** What has nsenter run a command in the Pi. */
  private namespaces(): string[] {
    return ["--target", String(this.poweredPid()), "--mount", "--uts", "--ipc", "--net", "--pid", "--"];
  }

  private get bootLog(): string {
    return path.join(this.diskDir, "boot.log");
  }

  private poweredPid(): number {
    const pid = this.pid;
    if (pid === undefined) {
      throw new SetupError(
        `${this.name} of lab ${this.lab} is switched off. Type: npm run lab -- power-on ${this.name}`,
      );
    }
    return pid;
  }

  private async setPort(state: "up" | "down"): Promise<void> {
    this.poweredPid();
    await execa("ip", ["link", "set", this.port, state]);
    await waitFor(`${this.port} to be ${state}`, 10, () => this.connected === (state === "up"));
  }

  private startInit(): void {
    const namespaces = ["--pid", "--mount", "--net", "--uts", "--ipc"];
    const boot = [
      path.join(__dirname, "boot.sh"),
      this.name,
      this.runDir,
      this.diskDir,
      cgroupOf(this.lab, this.name),
      ...(this.engine === "sid" ? [sidRoot, ...sidFlags] : [""]),
    ];
    const log = openSync(this.bootLog, "a");
    const init = execa("unshare", ["--fork", "--kill-child", ...namespaces, "bash", ...boot], {
      detached: true,
      cleanup: false,
      stdio: ["ignore", log, log],
      // Nothing of the operator's shell: neither DOCKER_HOST nor proxies nor npm's variables.
      extendEnv: false,
      env: { PATH: systemPath },
      cwd: "/",
    });
    closeSync(log);
    // Its end is seen through `pid`; that it was killed is no fault.
    init.catch(() => undefined);
    init.unref();
  }

  private async plugIn(): Promise<void> {
    const pid = String(this.poweredPid());
    const eth0 = ["name", "eth0", "address", macOf(this.address), "netns", pid];
    await execa("ip", ["link", "add", this.port, "type", "veth", "peer", ...eth0]);
    await execa("ip", ["link", "set", this.port, "master", this.lan.bridge, "up"]);
    const onPi = (...args: string[]) => execa("nsenter", ["--target", pid, "--net", "ip", ...args]);
    await onPi("addr", "add", `${this.address}/24`, "dev", "eth0");
    await onPi("link", "set", "eth0", "up");
    await onPi("route", "add", "default", "via", gatewayOf(this.lan));
  }

  private async waitUntilUp(): Promise<void> {
    const on = `${this.name}, ${this.address}`;
    await Promise.all([
      waitFor(`Docker on ${on} (log: ${this.dockerdLog})`, 60, () => dockerAnswers(this.socket)),
      waitFor(`sshd on ${on} (log: ${this.sshdLog})`, 60, () => sshdAnswers(this.address)),
    ]);
  }
}

function dockerAnswers(socketPath: string): Promise<boolean> {
  if (!existsSync(socketPath)) {
    return Promise.resolve(false);
  }
  return new Promise((resolve, reject) => {
    const request = http.get({ socketPath, path: "/_ping", timeout: 5000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on("error", reject).on("timeout", () => request.destroy(new Error("no answer in 5 s")));
  });
}

function sshdAnswers(host: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host, port: 22, timeout: 5000 });
    socket.once("data", (banner) => {
      socket.destroy();
      resolve(banner.toString().startsWith("SSH-"));
    });
    socket.on("error", reject).on("timeout", () => socket.destroy(new Error("no answer in 5 s")));
  });
}

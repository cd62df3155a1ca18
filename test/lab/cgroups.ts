import { readdir, rmdir } from "node:fs/promises";
import path from "node:path";

const root = "/sys/fs/cgroup";

/** Removes the empty cgroups that the containers of a killed Engine leave, in every hierarchy (v1) or in the one (v2). */
export async function removeCgroups(name: string): Promise<void> {
  const hierarchies = [root, ...(await subdirectories(root))];
  for (const hierarchy of hierarchies) {
    await removeTree(path.join(hierarchy, name));
  }
}

/** By rmdir alone, since the files in a cgroup are the kernel's. */
async function removeTree(dir: string): Promise<void> {
  const children = await subdirectories(dir).catch(() => undefined);
  if (children) {
    await Promise.all(children.map(removeTree));
    await rmdir(dir);
  }
}

async function subdirectories(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => path.join(dir, entry.name));
}

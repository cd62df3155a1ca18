import { AsteriskPi } from "./components/asteriskPi";
import { endWithEngine, recordedContainers } from "./components/engine";
import { loadSite } from "./config/load";
import { planImages } from "./docker/images";
import { onlyOf } from "./host/only";
import { prepareHosts } from "./host/prepare";

export = async () => {
  endWithEngine();
  const { asterisk, pis } = loadSite();
  const images = planImages(asterisk, ".pulumi");
  const only = onlyOf(process.env);
  const [hosts, recorded] = await Promise.all([
    prepareHosts(pis, images.builder.reference, only?.pis),
    recordedContainers(),
  ]);
  const { version } = asterisk;
  const outputs = hosts.map(({ name, config: { volumes, adopts }, ...found }) => {
    const args = { version, images, volumes, adopts, recorded: recorded[name], ...found };
    return [name, new AsteriskPi(name, args).outputs];
  });
  return { ...only?.outputs, ...Object.fromEntries(outputs) };
};

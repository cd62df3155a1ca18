import { AsteriskPi } from "./components/asteriskPi";
import { recordedContainers } from "./components/recorded";
import { loadSite } from "./config/load";
import { planImages } from "./docker/images";
import { onlyOf } from "./host/only";
import { prepareHosts } from "./host/prepare";

export = async () => {
  const { asterisk, pis } = loadSite();
  const images = planImages(asterisk, ".pulumi");
  const only = onlyOf(process.env);
  const recorded = await recordedContainers();
  const hosts = await prepareHosts(pis, images.builder.reference, only?.pis);
  const outputs = hosts.map(({ name, config: { volumes, adopts }, host, facts }) => {
    const { version } = asterisk;
    const pi = new AsteriskPi(name, {
      version,
      images,
      host,
      volumes,
      adopts,
      facts,
      recorded: recorded[name],
    });
    return [name, pi.outputs];
  });
  return { ...only?.outputs, ...Object.fromEntries(outputs) };
};

import { AsteriskPi } from "./components/asteriskPi";
import { loadSite } from "./config/load";
import { planImages } from "./docker/images";
import { onlyOf } from "./host/only";
import { prepareHosts } from "./host/prepare";

export = async () => {
  const { asterisk, pis } = loadSite();
  const images = planImages(asterisk, ".pulumi");
  const only = onlyOf(process.env);
  const hosts = await prepareHosts(pis, images.builder.reference, only?.pis);
  const outputs = hosts.map(({ name, config: { volumes, adopts }, host, facts }) => {
    const pi = new AsteriskPi(name, { version: asterisk.version, images, host, volumes, adopts, facts });
    return [name, pi.outputs];
  });
  return { ...only?.outputs, ...Object.fromEntries(outputs) };
};

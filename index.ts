import { AsteriskPi } from "./components/asteriskPi";
import { loadSite } from "./config/load";
import { prepareSite } from "./host/prepare";

export = async () => {
  const site = loadSite();
  const { asterisk, hosts } = await prepareSite(site);
  const pis = hosts.map(({ name, ...host }) => ({ name, pi: new AsteriskPi(name, { ...asterisk, ...host }) }));
  return Object.fromEntries(
    pis.map(({ name, pi: { imageId, imageTag, asteriskVersion, containerId, operate } }) => [
      name,
      { imageId, imageTag, asteriskVersion, containerId, operate },
    ]),
  );
};

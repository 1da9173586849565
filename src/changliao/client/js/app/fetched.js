// A screen that is fetched once somebody opens it.
import { html, useEffect, useState } from "../dom.js";
import { Loading, Trouble } from "../ui.js";

/** `fetched(load, name)`: a component that `load()` brings, as the export of this name. */
export function fetched(load, name) {
  let found = null;
  return function Fetched(said) {
    const [turn, setTurn] = useState(0);
    const [trouble, setTrouble] = useState(null);
    useEffect(() => {
      if (found) return;
      setTrouble(null);
      load().then((module) => {
        found = module[name];
        setTurn(turn + 1);
      }, () => setTrouble({ code: "offline" }));
    }, [trouble === null]);
    if (found) return html`<${found} ...${said} />`;
    return trouble ? html`<${Trouble} error=${trouble} onAgain=${() => setTrouble(null)} />` : html`<${Loading} />`;
  };
}

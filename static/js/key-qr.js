// The paper copy as a QR code, black on white in the dark too. Made here, for what it holds must not leave the browser.

import { encode } from "../vendor/uqr/uqr.mjs";

const SVG = "http://www.w3.org/2000/svg";
// A phone finds a code by the white around it.
const QUIET_MODULES = 4;

// Rows of booleans, true for black, with the white around.
export function qrModules(text) {
  return encode(text, { ecc: "M", boostEcc: true, border: QUIET_MODULES }).data;
}

export function qrPicture(text, label) {
  const rows = qrModules(text);
  const path = rows.flatMap((row, y) => row.map((isBlack, x) => (isBlack ? `M${x} ${y}h1v1h-1z` : ""))).join("");
  const picture = element("svg", { viewBox: `0 0 ${rows.length} ${rows.length}`, role: "img", "aria-label": label });
  picture.append(
    element("rect", { width: rows.length, height: rows.length, fill: "#fff" }),
    // No grey between two modules.
    element("path", { d: path, fill: "#000", "shape-rendering": "crispEdges" }),
  );
  return picture;
}

function element(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

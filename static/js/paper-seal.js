// Sealed boxes as campaign/sealing/boxes.py and campaign/paper/scans.py make them.

const SMALLEST_BYTES = 512;

// The fields as a sealed box of 512, 1024 … bytes and 48 more. They name their campaign and their row.
export function sealFields(sodium, publicKey, fields) {
  const plain = sodium.from_string(JSON.stringify(fields));
  let size = SMALLEST_BYTES;
  // Padding is at least one byte long.
  while (size <= plain.length) size *= 2;
  return sodium.crypto_box_seal(sodium.pad(plain, size), publicKey);
}

// A scan: a line that says where it belongs, then the file, padded to blocks.
export function sealScan(sodium, publicKey, { campaign, batch }, bytes, blockBytes) {
  const line = sodium.from_string(`${JSON.stringify({ campaign, batch })}\n`);
  const plain = new Uint8Array(line.length + bytes.length);
  plain.set(line);
  plain.set(bytes, line.length);
  return sodium.crypto_box_seal(sodium.pad(plain, blockBytes), publicKey);
}

// The file again. Throws if the box does not open, or belongs to another batch.
export function openScan(sodium, { publicKey, secretKey }, { campaign, batch }, box) {
  const padded = sodium.crypto_box_seal_open(box, publicKey, secretKey);
  const plain = sodium.unpad(padded, padded.length);
  const end = plain.indexOf(10);
  const said = JSON.parse(sodium.to_string(plain.subarray(0, end)));
  if (said.campaign !== campaign || said.batch !== batch) throw new Error("of another batch");
  return plain.subarray(end + 1);
}

// What a file is, by how it begins; null for anything that is no scan.
export function kindOf(bytes) {
  const starts = (...signs) => signs.every((sign, place) => sign === null || bytes[place] === sign);
  if (starts(0x25, 0x50, 0x44, 0x46, 0x2d)) return { ending: "pdf", type: "application/pdf" };
  if (starts(0xff, 0xd8, 0xff)) return { ending: "jpg", type: "image/jpeg" };
  if (starts(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return { ending: "png", type: "image/png" };
  const any = null;
  if (starts(0x52, 0x49, 0x46, 0x46, any, any, any, any, 0x57, 0x45, 0x42, 0x50)) {
    return { ending: "webp", type: "image/webp" };
  }
  return null;
}

export function base64(sodium, bytes) {
  return sodium.to_base64(bytes, sodium.base64_variants.ORIGINAL);
}

export function fromBase64(sodium, text) {
  return sodium.from_base64(text, sodium.base64_variants.ORIGINAL);
}

// Files on their way to the server: measured, named by their content, sent once however often they are tried.
import { post } from "../api.js";

const HEX = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");

async function sha256(bytes) {
  if (globalThis.crypto?.subtle) return HEX(await crypto.subtle.digest("SHA-256", bytes));
  const { sha256: plain } = await import("/static/js/chat/sha256.js"); // Over plain HTTP browsers hide theirs.
  return plain(new Uint8Array(bytes));
}

/** Upload a Blob as `kind` (`image`, `file`, `voice`, `avatar`); answers the media's id. */
export async function upload(kind, file) {
  const bytes = await file.arrayBuffer();
  const ticket = await post("/v1/media", {
    kind, content_type: file.type || "application/octet-stream", size: file.size, sha256: await sha256(bytes),
  });
  if (ticket.stored) return ticket.id;
  const answer = await fetch(ticket.upload_url, {
    method: "PUT", body: bytes, credentials: "same-origin",
    headers: { "content-type": file.type || "application/octet-stream" },
  }).catch(() => null);
  if (!answer) throw Object.assign(new Error("offline"), { code: "offline", definite: false });
  if (answer.ok) return ticket.id;
  const said = await answer.json().catch(() => ({}));
  if (said.code === "already_uploaded") return ticket.id; // An answer was lost on the way.
  throw Object.assign(new Error(said.detail ?? ""), { ...said, code: said.code ?? "garbled", definite: answer.status < 500 });
}

/** Where a medium is shown from. */
export function mediaUrl(id, { thumbnail = false } = {}) {
  return `/v1/media/${encodeURIComponent(id)}${thumbnail ? "/thumbnail" : ""}`;
}

const PICTURES = ["image/png", "image/jpeg", "image/webp", "image/gif"];

/** Width and height of a picture file, or null when it is none that everybody's browser shows. */
export async function measure(file) {
  if (!PICTURES.includes(file.type)) return null;
  try {
    const picture = await createImageBitmap(file);
    const { width, height } = picture;
    picture.close();
    return { width, height };
  } catch {
    return null;
  }
}

// Passkeys: what the server asks for goes to the browser, the browser's answer back, both in the JSON of
// W3C Web Authentication, level 3, section 5.1.
import { ApiError } from "./api.js";

const CODES = { InvalidStateError: "passkey_here", NotSupportedError: "passkey_unsupported", SecurityError: "passkeys_unavailable" };

function toBytes(text) {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
}

function toText(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function known(list) {
  return list.map((one) => ({ ...one, id: toBytes(one.id) }));
}

async function answered(work) {
  try {
    return await work();
  } catch (error) {
    // The person waved it away, or took too long: browsers do not tell which.
    throw new ApiError({ code: CODES[error.name] ?? "passkey_canceled" }, 400);
  }
}

/** Let this device make a passkey, as asked; its answer for POST /v1/passkeys. */
export async function makePasskey(asked) {
  const publicKey = {
    ...asked,
    challenge: toBytes(asked.challenge),
    user: { ...asked.user, id: toBytes(asked.user.id) },
    excludeCredentials: known(asked.excludeCredentials),
  };
  const { id, response } = await answered(() => navigator.credentials.create({ publicKey }));
  return {
    id,
    response: {
      clientDataJSON: toText(response.clientDataJSON),
      attestationObject: toText(response.attestationObject),
      transports: response.getTransports?.() ?? [],
    },
  };
}

/** Let one of this person's passkeys sign what is asked; its answer for a sign-in or a confirmation. */
export async function signByPasskey(asked) {
  const publicKey = {
    ...asked, challenge: toBytes(asked.challenge), allowCredentials: known(asked.allowCredentials),
  };
  const { id, response } = await answered(() => navigator.credentials.get({ publicKey }));
  return {
    id,
    response: {
      clientDataJSON: toText(response.clientDataJSON),
      authenticatorData: toText(response.authenticatorData),
      signature: toText(response.signature),
      userHandle: response.userHandle?.byteLength ? toText(response.userHandle) : null,
    },
  };
}

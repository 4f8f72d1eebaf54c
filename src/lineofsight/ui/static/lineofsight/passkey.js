// Passkeys (WebAuthn). Without this file, codes and recovery codes do the same.
// [data-passkey="create"] makes one when its form is sent; [data-passkey="get"] uses one at a press of its button.

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");

function asked(box) {
  const options = JSON.parse(box.dataset.options);
  options.challenge = bytes(options.challenge);
  if (options.user) options.user.id = bytes(options.user.id);
  for (const list of [options.excludeCredentials, options.allowCredentials])
    for (const known of list || []) known.id = bytes(known.id);
  return { publicKey: options };
}

function told(credential) {
  const response = credential.response;
  const said = { clientDataJSON: text(response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"])
    if (response[name]) said[name] = text(response[name]);
  return JSON.stringify({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    response: said,
    clientExtensionResults: credential.getClientExtensionResults(),
  });
}

async function run(box, form) {
  const problem = box.querySelector("[role=alert]");
  problem.hidden = true;
  try {
    const made = await navigator.credentials[box.dataset.passkey](asked(box));
    box.querySelector("input[name=passkey]").value = told(made);
    form.submit();
  } catch {
    problem.hidden = false;
  }
}

for (const box of document.querySelectorAll("[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  const form = box.closest("form");
  if (box.dataset.passkey === "get") {
    box.hidden = false;
    box.querySelector("button").addEventListener("click", () => run(box, form));
  } else {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (form.elements.name.value.trim()) run(box, form);
      else form.submit();
    });
  }
}

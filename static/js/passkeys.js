// A form with data-passkey asks the browser for a passkey before it is sent. What is asked for
// stands in the page (data-options names a JSON block) or is fetched (data-options-url).
(() => {
  const bytes = (text) =>
    Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));

  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replaceAll("+", "-")
      .replaceAll("/", "_")
      .replaceAll("=", "");

  const known = (list = []) => list.map((one) => ({ ...one, id: bytes(one.id) }));

  const create = async ({ publicKey }) => {
    const credential = await navigator.credentials.create({
      publicKey: {
        ...publicKey,
        challenge: bytes(publicKey.challenge),
        user: { ...publicKey.user, id: bytes(publicKey.user.id) },
        excludeCredentials: known(publicKey.excludeCredentials),
        // One that signs in by itself: it knows its owner, and asks for a fingerprint or a code.
        authenticatorSelection: {
          ...publicKey.authenticatorSelection,
          residentKey: "required",
          requireResidentKey: true,
          userVerification: "required",
        },
      },
    });
    const { response } = credential;
    return said(credential, {
      attestationObject: text(response.attestationObject),
      transports: response.getTransports?.() ?? [],
    });
  };

  const get = async ({ publicKey }) => {
    const credential = await navigator.credentials.get({
      publicKey: {
        ...publicKey,
        challenge: bytes(publicKey.challenge),
        allowCredentials: known(publicKey.allowCredentials),
      },
    });
    const { response } = credential;
    return said(credential, {
      authenticatorData: text(response.authenticatorData),
      signature: text(response.signature),
      userHandle: response.userHandle ? text(response.userHandle) : null,
    });
  };

  const said = (credential, response) => ({
    type: credential.type,
    id: credential.id,
    rawId: text(credential.rawId),
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: { clientDataJSON: text(credential.response.clientDataJSON), ...response },
  });

  const options = async ({ options: here, optionsUrl: there }) => {
    if (!there) return JSON.parse(document.getElementById(here).textContent);
    const answer = await fetch(there, {
      headers: { Accept: "application/json", "X-Requested-With": "XMLHttpRequest" },
    });
    if (!answer.ok) throw new Error(answer.statusText);
    return answer.json();
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const field = form.querySelector("[name=credential]");
    const failed = form.querySelector("[data-passkey-failed]");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      failed.hidden = true;
      try {
        const { creation_options: making, request_options: asking } = await options(form.dataset);
        field.value = JSON.stringify(await (making ? create(making) : get(asking)));
        form.submit();
      } catch {
        failed.hidden = false;
      }
    });
  }
})();

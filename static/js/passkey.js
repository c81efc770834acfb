// A passkey, made or shown: the page holds what is asked, the form carries what the device answers.
const form = document.querySelector("[data-passkey]");
const button = form.querySelector("[data-ask]");
const error = form.querySelector("[data-error]");

const ask = {
  make: (options) => navigator.credentials.create({
    publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options),
  }),
  show: (options) => navigator.credentials.get({
    publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options),
  }),
}[form.dataset.passkey];

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  error.textContent = "";
  button.disabled = true;
  try {
    const credential = await ask(JSON.parse(form.dataset.options));
    form.querySelector("[data-answer]").value = JSON.stringify(credential.toJSON());
    form.submit();
  } catch {
    // Refused, timed out, or not possible at this address: the browser does not say which, on purpose.
    error.textContent = form.dataset.textFailed;
    button.disabled = false;
  }
});
if (window.PublicKeyCredential && PublicKeyCredential.parseCreationOptionsFromJSON) {
  button.disabled = false;
} else {
  error.textContent = form.dataset.textFailed;
}

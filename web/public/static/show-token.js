// Shows the token that the fragment of the address holds, and takes it out of the address.
const answer = new URLSearchParams(location.hash.slice(1));
const token = answer.get('access_token');
const text = document.querySelector('[data-token-text]');

if (token !== null) {
  const place = document.querySelector('[data-token]');
  place.textContent = token;
  place.parentElement.hidden = false;
  text.textContent = 'Copy it now: it cannot be shown again.';
  history.replaceState(null, '', location.pathname);
} else if (answer.has('error')) {
  text.textContent = 'The application was not authorized; no token was made.';
}

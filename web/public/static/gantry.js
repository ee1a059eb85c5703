// Puts this server's address into the commands and says how the server is.
for (const place of document.querySelectorAll('[data-host]')) place.textContent = location.host;

const status = document.querySelector('[data-status]');
const statusText = document.querySelector('[data-status-text]');

async function showHealth() {
  let healthy = false;
  try {
    const answer = await fetch('/health/instance', { cache: 'no-store', signal: AbortSignal.timeout(5000) });
    healthy = answer.ok;
  } catch {
    healthy = false;
  }
  status.dataset.status = healthy ? 'good' : 'bad';
  statusText.textContent = healthy ? 'This server is healthy' : 'This server reports a problem';
}

void showHealth();

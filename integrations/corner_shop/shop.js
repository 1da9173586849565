// What Corner Shop does inside Changliao: pays without leaving, greets by name, shares a page.
// Outside, and without this script, everything works by links and forms.
const say = (id) => document.querySelector(`[data-test="${id}"]`);

async function greet() {
  try {
    const { id_token, shared } = await Changliao.whoAmI(["name"]);
    if (!shared.name) return;
    const body = JSON.stringify({ id_token });
    await fetch("/visits/name", { method: "POST", headers: { "content-type": "application/json" }, body });
    location.reload();
  } catch (error) {
    if (error.code !== "busy") throw error; // Another question is open already.
  }
}

/** The shop believes its server, which hears it from Changliao. */
async function settled(order) {
  const { status } = await (await fetch(`/orders/${order}.json`)).json();
  return status !== "waiting";
}

async function follow(order) {
  while (!(await settled(order))) await new Promise((next) => setTimeout(next, 1000));
  location.reload();
}

async function pay(payment) {
  await Changliao.pay(payment).catch(() => {}); // Whatever came of it, the server tells.
}

async function begin() {
  const order = document.querySelector("[data-order]")?.dataset;
  if (order) follow(order.order);
  const { inside } = await Changliao.ready;
  if (!inside) return;
  document.documentElement.classList.add("inside");
  say("greet")?.addEventListener("click", greet);
  document.querySelectorAll("[data-share]").forEach((button) => button.addEventListener("click", () => {
    Changliao.share({ title: button.dataset.share, text: "一味小铺 Corner Shop", path: button.dataset.path }).catch(() => {});
  }));
  const link = say("pay-link");
  link?.addEventListener("click", (event) => {
    event.preventDefault();
    pay(order.payment);
  });
  if (link && !sessionStorage.getItem(order.payment)) {
    sessionStorage.setItem(order.payment, "asked"); // Once by itself; after that by the button.
    pay(order.payment);
  }
}

begin();

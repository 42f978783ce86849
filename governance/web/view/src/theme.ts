// In Airflow's frame the view wears Airflow's theme, elsewhere that of the system.

function hostTheme(): string {
  if (window.parent === window) return "";
  try {
    return window.localStorage.getItem("theme") ?? "";
  } catch {
    return "";
  }
}

function wear(): void {
  const theme = hostTheme();
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}

export function followTheme(): void {
  wear();
  window.addEventListener("storage", wear);
}

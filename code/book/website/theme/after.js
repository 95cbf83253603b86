// After the theme's script.
window.addEventListener = LISTEN;

// Inside the frame: tells the page around it how high the content is, again whenever that changes.

const tell = () => parent.postMessage({ petitionHeight: document.documentElement.offsetHeight }, "*");

if (parent !== window) new ResizeObserver(tell).observe(document.documentElement);

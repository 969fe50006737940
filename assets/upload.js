/* Uploads: files dropped anywhere on the page or chosen go to the server, two at a time, with progress, and the page is
   told when they have arrived. What the markup says:

     data-upload-pick      a button that opens the file dialog
     data-upload-input     the hidden file field
     data-upload-to        on that field: where files go (by default /files)
     data-upload-drop      the place that lights up while files are dragged over the page; without it nothing is taken
     data-upload-list      an empty element that this script fills with one line a file
     data-uploads-done     a hidden button; it is clicked when all have arrived, and asks `rcxUploaded()` which ones
*/
(function () {
  "use strict";

  var AT_ONCE = 2;
  var waiting = [];
  var running = 0;
  var arrived = [];
  var depth = 0;

  window.rcxUploaded = function () {
    return arrived.splice(0);
  };

  function place() {
    return document.querySelector("[data-upload-drop]");
  }

  function light(on) {
    var zone = place();
    if (zone) zone.classList.toggle("acc", on);
  }

  function carriesFiles(event) {
    var types = event.dataTransfer ? event.dataTransfer.types : [];
    return Array.prototype.indexOf.call(types, "Files") >= 0;
  }

  function el(name, className, text) {
    var made = document.createElement(name);
    if (className) made.className = className;
    if (text) made.textContent = text;
    return made;
  }

  function line(file) {
    var list = document.querySelector("[data-upload-list]");
    var row = el("div", "job");
    var bar = el("div", "bar");
    var fill = el("i");
    var words = el("span");
    var detail = document.createTextNode(" waiting");
    var stop = el("button", "btn ghost tight", "Stop");
    bar.setAttribute("role", "progressbar");
    bar.setAttribute("aria-label", "Uploading " + file.name);
    bar.setAttribute("aria-valuemin", "0");
    bar.setAttribute("aria-valuemax", "100");
    bar.setAttribute("aria-valuenow", "0");
    words.setAttribute("role", "status");
    stop.type = "button";
    stop.setAttribute("aria-label", "Stop uploading " + file.name);
    fill.style.width = "0%";
    bar.appendChild(fill);
    words.appendChild(el("b", "", file.name));
    words.appendChild(detail);
    row.appendChild(bar);
    row.appendChild(words);
    row.appendChild(stop);
    if (list) list.appendChild(row);
    return { row: row, bar: bar, fill: fill, detail: detail, stop: stop, words: words };
  }

  function fail(shown, text) {
    shown.bar.remove();
    shown.row.className = "row row-3";
    shown.words.className = "fail";
    shown.words.setAttribute("role", "alert");
    shown.detail.textContent = " was not uploaded: " + text;
    shown.stop.textContent = "Dismiss";
    shown.stop.setAttribute("aria-label", "Dismiss");
    shown.stop.onclick = function () {
      shown.row.remove();
    };
  }

  function tell() {
    if (running || waiting.length || !arrived.length) return;
    var button = document.querySelector("[data-uploads-done]");
    if (button) button.click();
  }

  function next() {
    while (running < AT_ONCE && waiting.length) send(waiting.shift());
    tell();
  }

  function send(item) {
    var request = new XMLHttpRequest();
    running += 1;
    request.open("POST", item.to + "?name=" + encodeURIComponent(item.file.name));
    request.responseType = "json";
    request.setRequestHeader("Content-Type", "application/octet-stream");
    item.shown.stop.onclick = function () {
      request.abort();
    };
    request.upload.onprogress = function (event) {
      if (!event.lengthComputable) return;
      var percent = Math.floor((event.loaded * 100) / event.total);
      item.shown.fill.style.width = percent + "%";
      item.shown.bar.setAttribute("aria-valuenow", String(percent));
      item.shown.detail.textContent = " " + percent + " %";
    };
    request.onload = function () {
      var answer = request.response || {};
      if (request.status === 201) {
        arrived.push(answer.id);
        item.shown.row.remove();
      } else if (request.status === 401) {
        window.location.assign("/sign-in?next=" + encodeURIComponent(location.pathname + location.search));
      } else {
        fail(item.shown, [answer.error || "The server refused it.", answer.remedy].filter(Boolean).join(" "));
      }
    };
    request.onerror = function () {
      fail(item.shown, "The connection was lost. Try again.");
    };
    request.onabort = function () {
      item.shown.row.remove();
    };
    request.onloadend = function () {
      running -= 1;
      next();
    };
    request.send(item.file);
  }

  function take(files) {
    var input = document.querySelector("[data-upload-input]");
    var to = (input && input.getAttribute("data-upload-to")) || "/files";
    Array.prototype.forEach.call(files, function (file) {
      waiting.push({ file: file, to: to, shown: line(file) });
    });
    next();
  }

  document.addEventListener("click", function (event) {
    if (!(event.target instanceof Element) || !event.target.closest("[data-upload-pick]")) return;
    var input = document.querySelector("[data-upload-input]");
    if (input) input.click();
  });

  document.addEventListener("change", function (event) {
    var input = event.target;
    if (!(input instanceof HTMLInputElement) || !input.hasAttribute("data-upload-input")) return;
    take(input.files);
    input.value = "";
  });

  document.addEventListener("dragenter", function (event) {
    if (!place() || !carriesFiles(event)) return;
    depth += 1;
    light(true);
  });

  document.addEventListener("dragleave", function (event) {
    if (!place() || !carriesFiles(event)) return;
    depth = Math.max(0, depth - 1);
    if (!depth) light(false);
  });

  document.addEventListener("dragover", function (event) {
    if (!place() || !carriesFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
  });

  document.addEventListener("drop", function (event) {
    if (!place() || !carriesFiles(event)) return;
    event.preventDefault();
    depth = 0;
    light(false);
    take(event.dataTransfer.files);
  });
})();

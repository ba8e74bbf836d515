/* SPDX-License-Identifier: GPL-2.0-only */
"use strict";
/* Filters, and the switch between light and dark. The page is whole without. */
(function () {
	const root = document.documentElement;
	const form = document.getElementById("filters");
	const find = document.getElementById("find");
	const generation = document.getElementById("generation");
	const shown = document.getElementById("shown");
	const chips = Array.from(form.querySelectorAll(".chip"));
	const entries = Array.from(document.querySelectorAll("[data-v]"), (node) => ({
		node,
		verdicts: node.dataset.v.split(" "),
		generations: node.dataset.g.split(" "),
		text: node.textContent.toLowerCase(),
		rule: Boolean(node.closest("#rules")),
		differs: node.dataset.d === "1",
	}));
	const differ = document.getElementById("differ");

	function matches(entry, verdicts, wanted) {
		return (!verdicts.length || entry.verdicts.some((v) => verdicts.includes(v))) &&
			(!generation.value || entry.generations.includes(generation.value)) &&
			(!differ || !differ.checked || !entry.rule || entry.differs) &&
			wanted.every((word) => entry.text.includes(word));
	}

	function hideEmpty() {
		document.querySelectorAll("#rules tbody").forEach((body) => {
			body.hidden = !body.querySelector("[data-v]:not([hidden])");
		});
		document.querySelectorAll(".breaches, .badtests").forEach((part) => {
			part.hidden = !part.querySelector("[data-v]:not([hidden])");
		});
	}

	function apply() {
		const verdicts = chips.filter((c) => c.getAttribute("aria-pressed") === "true")
			.map((c) => c.dataset.verdict);
		const wanted = find.value.toLowerCase().split(/\s+/).filter(Boolean);
		let seen = 0, all = 0;
		entries.forEach((entry) => {
			entry.node.hidden = !matches(entry, verdicts, wanted);
			all += entry.rule;
			seen += entry.rule && !entry.node.hidden;
		});
		hideEmpty();
		shown.textContent = seen === all ? `${all} rules` : `${seen} of ${all} rules`;
	}

	chips.forEach((chip) => chip.addEventListener("click", () => {
		const on = chip.getAttribute("aria-pressed") === "true";
		chip.setAttribute("aria-pressed", String(!on));
		apply();
	}));
	find.addEventListener("input", apply);
	generation.addEventListener("change", apply);
	if (differ)
		differ.addEventListener("change", apply);
	form.addEventListener("submit", (event) => event.preventDefault());
	form.addEventListener("reset", () => {
		chips.forEach((chip) => chip.setAttribute("aria-pressed", "false"));
		setTimeout(apply);
	});
	document.addEventListener("keydown", (event) => {
		if (event.key === "/" && document.activeElement !== find) {
			event.preventDefault();
			find.focus();
		}
	});

	const button = document.getElementById("theme");
	const dark = window.matchMedia("(prefers-color-scheme: dark)");

	function theme() {
		return root.dataset.theme || (dark.matches ? "dark" : "light");
	}

	function label() {
		button.textContent = theme() === "dark" ? "Light" : "Dark";
	}

	button.addEventListener("click", () => {
		root.dataset.theme = theme() === "dark" ? "light" : "dark";
		label();
	});
	dark.addEventListener("change", label);
	label();
	button.hidden = false;
	form.hidden = false;
	apply();
})();

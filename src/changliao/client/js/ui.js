// Everything screens are made of, from one door.
export * from "./ui/parts.js";
export * from "./ui/pin.js";
export * from "./ui/stage.js";

// Grounds of badges and buttons by what they say; white text on each has a contrast of 5 or more.

export const TONE = {
  good: "#237032",
  bad: "#b42a2a",
  warning: "#a8420a",
  calm: "#0b5f69",
  neutral: "#4d5761",
} as const;

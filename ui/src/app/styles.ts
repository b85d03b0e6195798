// Styles in the order in which they must come: the library's, then ours.

import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "./base.css";

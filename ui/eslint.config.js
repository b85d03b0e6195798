// Type-aware rules for everything that is compiled; plain ones for scripts.
import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist", "node_modules", "src/api/schema.d.ts", "test-results", "public"] },
  {
    files: ["**/*.ts", "**/*.tsx"],
    extends: [...tseslint.configs.recommendedTypeChecked],
    plugins: { "react-hooks": hooks },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      ...hooks.configs.recommended.rules,
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/only-throw-error": "off",
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { attributes: false } }],
      "max-lines": ["error", { max: 400, skipBlankLines: true, skipComments: true }],
      "no-console": "error",
    },
  },
  // A browser may refuse storage by throwing: one file asks it.
  {
    files: ["src/**/*.ts", "src/**/*.tsx"],
    ignores: ["src/lib/storage.ts"],
    rules: {
      "no-restricted-globals": ["error", "localStorage", "sessionStorage"],
      "no-restricted-properties": ["error", { object: "window", property: "localStorage" }, { object: "window", property: "sessionStorage" }],
    },
  },
  { files: ["src/i18n/*.ts"], rules: { "max-lines": "off" } },
  // Playwright's fixtures call a function that is named like a hook.
  { files: ["tests/*.ts"], rules: { "react-hooks/rules-of-hooks": "off" } },
);

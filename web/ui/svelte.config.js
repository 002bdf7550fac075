// Warnings are errors in the check; there is nothing else to set.
export default { compilerOptions: { runes: true } }

// Reads a FHIR resource as JSON from standard input; prints the validator's messages as JSON.
const { Fhir } = require("fhir");
let text = "";
process.stdin.on("data", (piece) => (text += piece));
process.stdin.on("end", () => {
  const result = new Fhir().validate(JSON.parse(text), { errorOnUnexpected: true });
  console.log(JSON.stringify(result));
});

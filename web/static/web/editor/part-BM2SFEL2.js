import{a,b,c,d}from"./part-IV3IX3HS.js";import"./part-IYZRR5JI.js";import"./part-RO2NWNS3.js";export{d as css,b as cssCompletionSource,c as cssLanguage,a as defineCSSCompletionSource};

/** Version of the product; raised with every delivered step. Equal to package.json's by test. */
export const VERSION = '0.3.0';

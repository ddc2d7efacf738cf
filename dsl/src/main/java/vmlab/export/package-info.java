/**
 * An assembly as text of other languages: the script that makes it, pictures of it. Read {@link vmlab.export.DslWriter} first.
 * Nothing here looks at a running lab; who wants live numbers in a picture brings labels.
 */
package vmlab.export;

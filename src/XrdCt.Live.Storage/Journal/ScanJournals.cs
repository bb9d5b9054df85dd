namespace XrdCt.Live.Storage.Journal;

/// <summary>The journals in a folder.</summary>
public static class ScanJournals
{
    /// <summary>Opens the newest unfinished journal of a scan, or of any slice of a stack. Others are left as they are, and told.</summary>
    /// <param name="folder">Folder of the results; need not exist.</param>
    /// <param name="fingerprints">Fingerprints of the scan that is to go on, one for each slice that it may be.</param>
    /// <param name="keeps">Whether the file stays when the result is saved.</param>
    /// <param name="tell">Is told of each other unfinished or unreadable journal, in one sentence.</param>
    /// <returns>The journal, open; null where there is none of these fingerprints.</returns>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">No permission to read the folder.</exception>
    public static SqliteScanJournal? OpenUnfinished(string folder, IReadOnlyCollection<string> fingerprints, bool keeps, Action<string> tell)
    {
        ArgumentNullException.ThrowIfNull(fingerprints);
        ArgumentNullException.ThrowIfNull(tell);
        if (!Directory.Exists(folder))
        {
            return null;
        }

        SqliteScanJournal? found = null;
        IEnumerable<FileInfo> files = new DirectoryInfo(folder)
            .EnumerateFiles("*" + SqliteScanJournal.Extension)
            .OrderByDescending(f => f.LastWriteTimeUtc)
            .ThenByDescending(f => f.Name, StringComparer.Ordinal);
        foreach (FileInfo file in files)
        {
            SqliteScanJournal journal;
            try
            {
                journal = SqliteScanJournal.Open(file.FullName, keeps);
            }
            catch (Exception e) when (e is IOException or InvalidDataException)
            {
                tell(e.Message);
                continue;
            }

            if (journal.SavedPath is null && journal.Scan is not null && found is null && fingerprints.Contains(journal.Settings.Fingerprint))
            {
                found = journal;
                continue;
            }

            if (journal.SavedPath is null && journal.Scan is { } scan)
            {
                string other = fingerprints.Contains(journal.Settings.Fingerprint) ? "an older" : "another";
                tell($"{other} scan was left unfinished: '{journal.Settings.Description.Title}'{(journal.Settings.Description.Slice is { } slice ? $", {slice}," : "")} of {scan.StartedAt:yyyy-MM-dd HH:mm}, "
                    + $"{journal.PatternCount} of {journal.Settings.Description.Plan.CellCount} frames; 'xrdct recover {file.FullName}' saves it");
            }

            // One that was made and never written to: whoever made it was killed in between.
            bool isEmpty = journal is { SavedPath: null, Scan: null } && fingerprints.Contains(journal.Settings.Fingerprint);
            journal.Dispose();
            if (isEmpty)
            {
                Remove(file.FullName);
            }
        }

        return found;
    }

    // Best effort: an empty journal does no harm.
    private static void Remove(string path)
    {
        try
        {
            File.Delete(path);
            File.Delete(path + SqliteScanJournal.WalSuffix);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is found again at the next start.
        }
    }
}

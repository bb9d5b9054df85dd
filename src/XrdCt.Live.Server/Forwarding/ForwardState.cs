using System.Text.Json;
using XrdCt.Live.Server.Commands;

namespace XrdCt.Live.Server.Forwarding;

/// <summary>
/// What was sent, kept in a file so that nothing is sent twice after a restart. The names of a batch are written down before the first of
/// them is sent, and taken off when the receiver's machine has all of them; those found at the next start may or may not have arrived.
/// Not thread-safe.
/// </summary>
internal sealed class ForwardState : IDisposable
{
    private const int Version = 1;

    private readonly string _path;
    private readonly FileStream _lock;
    private readonly Content _content;

    private ForwardState(string path, FileStream fileLock, Content content)
    {
        _path = path;
        _lock = fileLock;
        _content = content;
    }

    /// <summary>Names that an earlier run had begun to send when it was killed: not sent again, to be named.</summary>
    public IReadOnlyList<string> Unconfirmed { get; private set; } = [];

    /// <summary>Reads the file, or begins a new one.</summary>
    /// <exception cref="UserException">It cannot be read, is damaged, or another forward uses it.</exception>
    public static ForwardState Open(string path)
    {
        FileStream fileLock = Lock(path);
        try
        {
            Content content = File.Exists(path)
                ? JsonSerializer.Deserialize<Content>(File.ReadAllBytes(path), JsonText.Indented) ?? throw new JsonException()
                : new Content();
            if (content.Version != Version)
            {
                throw new JsonException();
            }

            var state = new ForwardState(path, fileLock, content) { Unconfirmed = [.. content.Unconfirmed, .. content.Pending] };
            (content.Unconfirmed, content.Pending) = ([], []);
            state.Save();
            return state;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            fileLock.Dispose();
            throw new UserException($"the state file {path} cannot be used: repair it, or remove it to send everything again", e);
        }
    }

    /// <summary>Whether a file has been sent, or may have been.</summary>
    public bool IsSent(string series, long number) =>
        _content.Series.TryGetValue(series, out SeriesState? known)
        && number <= known.LastNumber
        && !known.Unsent.Exists(r => r[0] <= number && number <= r[1]);

    /// <summary>Number that the dialect calls the series by; the same after a restart.</summary>
    public long SeriesId(string series) => Of(series).Id;

    /// <summary>The highest number sent; null where none was.</summary>
    public long? LastNumber(string series) =>
        _content.Series.TryGetValue(series, out SeriesState? known) && known.LastNumber >= 0 ? known.LastNumber : null;

    /// <summary>Writes down what is going to be sent.</summary>
    public void Begin(string series, IReadOnlyList<(long Number, string Name)> batch)
    {
        foreach ((long number, string name) in batch)
        {
            Of(series).Mark(number, name);
        }

        _content.Pending = [.. batch.Select(b => b.Name)];
        Save();
    }

    /// <summary>The batch has arrived at the receiver's machine, up to what could not be confirmed.</summary>
    /// <param name="unconfirmed">Names of this run that may have arrived or not; the next start names them, too.</param>
    public void Confirm(IReadOnlyCollection<string> unconfirmed)
    {
        _content.Unconfirmed = [.. unconfirmed];
        _content.Pending = [];
        Save();
    }

    /// <summary>Takes back those of the batch that were not handed to the socket.</summary>
    public void TakeBack(string series, IReadOnlyList<(long Number, string Name)> unsent)
    {
        foreach ((long number, string name) in unsent)
        {
            Of(series).Unsent.Add([number, number]);
            _content.Pending.Remove(name);
        }

        Save();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _lock.Dispose();
        File.Delete(_lock.Name);
    }

    private static FileStream Lock(string path)
    {
        try
        {
            return new FileStream(path + ".lock", FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            string why = Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(path)))
                ? "another xrdct forward uses it, or there is no permission: end that one, or name another file with --state"
                : "its folder does not exist: make it, or name another file with --state";
            throw new UserException($"the state file {path} cannot be used, because {why}", e);
        }
    }

    private SeriesState Of(string series)
    {
        if (!_content.Series.TryGetValue(series, out SeriesState? known))
        {
            known = new SeriesState { Id = ++_content.LastSeriesId };
            _content.Series.Add(series, known);
        }

        return known;
    }

    private void Save()
    {
        string part = _path + ".part";
        using (var file = new FileStream(part, FileMode.Create, FileAccess.Write))
        {
            JsonSerializer.Serialize(file, _content, JsonText.Indented);

            // The name must not become durable before the content.
            file.Flush(flushToDisk: true);
        }

        File.Move(part, _path, overwrite: true);
    }

    private sealed class Content
    {
        public int Version { get; set; } = ForwardState.Version;

        public long LastSeriesId { get; set; }

        public List<string> Pending { get; set; } = [];

        public List<string> Unconfirmed { get; set; } = [];

        public Dictionary<string, SeriesState> Series { get; set; } = [];
    }

    private sealed class SeriesState
    {
        public long Id { get; set; }

        public string Last { get; set; } = "";

        public long LastNumber { get; set; } = -1;

        /// <summary>Ranges of numbers below the last one that were not sent: gaps, and files that were not complete.</summary>
        public List<long[]> Unsent { get; set; } = [];

        public void Mark(long number, string name)
        {
            if (number > LastNumber)
            {
                if (number > LastNumber + 1)
                {
                    Unsent.Add([LastNumber + 1, number - 1]);
                }

                (LastNumber, Last) = (number, name);
                return;
            }

            int at = Unsent.FindIndex(r => r[0] <= number && number <= r[1]);
            if (at < 0)
            {
                return;
            }

            long[] range = Unsent[at];
            Unsent.RemoveAt(at);
            if (range[0] < number)
            {
                Unsent.Add([range[0], number - 1]);
            }

            if (number < range[1])
            {
                Unsent.Add([number + 1, range[1]]);
            }
        }
    }
}

using System.Buffers;
using MessagePack;

namespace XrdCt.Live.Egress.Publishing;

/// <summary>
/// The newest message of each <c>latest/…</c> topic, encoded once into memory that is kept. Its size is that of the maps: it does not grow
/// with time or with who listens. Thread-safe.
/// </summary>
internal sealed class LatestResults
{
    private readonly Lock _lock = new();
    private readonly List<Entry> _entries = [];

    public delegate void BodyWriter(ref MessagePackWriter writer);

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>Forgets everything: another scan begins.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _entries.Clear();
        }
    }

    /// <summary>Replaces the message of a topic.</summary>
    public void Keep(string topic, BodyWriter write)
    {
        lock (_lock)
        {
            Entry? entry = _entries.Find(e => e.Name == topic);
            if (entry is null)
            {
                entry = new Entry(topic);
                _entries.Add(entry);
            }

            entry.Body.ResetWrittenCount();
            var writer = new MessagePackWriter(entry.Body);
            write(ref writer);
            writer.Flush();
            entry.IsDue = true;
        }
    }

    /// <summary>Has the messages of all topics that begin so sent once more.</summary>
    public void SendAgain(ReadOnlySpan<byte> prefix)
    {
        lock (_lock)
        {
            foreach (Entry entry in _entries)
            {
                entry.IsDue |= entry.Topic.AsSpan().StartsWith(prefix);
            }
        }
    }

    /// <summary>Takes a message that is to be sent.</summary>
    /// <param name="index">0 to <see cref="Count"/> − 1.</param>
    /// <param name="body">Receives the message.</param>
    /// <returns>The topic; null where there is nothing new.</returns>
    public byte[]? TakeDue(int index, ArrayBufferWriter<byte> body) => Take(index, body, [], onlyDue: true);

    /// <summary>Copies a message.</summary>
    /// <param name="index">0 to <see cref="Count"/> − 1.</param>
    /// <param name="body">Receives the message.</param>
    /// <param name="prefix">What the topic must begin with.</param>
    /// <returns>The topic; null where it begins otherwise, or there is none of this index.</returns>
    public byte[]? Copy(int index, ArrayBufferWriter<byte> body, ReadOnlySpan<byte> prefix) => Take(index, body, prefix, onlyDue: false);

    private byte[]? Take(int index, ArrayBufferWriter<byte> body, ReadOnlySpan<byte> prefix, bool onlyDue)
    {
        lock (_lock)
        {
            if (index >= _entries.Count)
            {
                return null;
            }

            Entry entry = _entries[index];
            if ((onlyDue && !entry.IsDue) || !entry.Topic.AsSpan().StartsWith(prefix))
            {
                return null;
            }

            entry.IsDue &= !onlyDue;
            body.ResetWrittenCount();
            body.Write(entry.Body.WrittenSpan);
            return entry.Topic;
        }
    }

    private sealed class Entry(string name)
    {
        public string Name { get; } = name;

        public byte[] Topic { get; } = System.Text.Encoding.UTF8.GetBytes(name);

        public ArrayBufferWriter<byte> Body { get; } = new();

        public bool IsDue { get; set; }
    }
}
